"""Diagnoses what the newest collections of each kind lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Diagnosis, LookupOutcome, Outcome, Reason
from ccm_pagerduty.diagnosis.causes import Cause
from ccm_pagerduty.diagnosis.endpoints import WITHOUT_LOG_ENTRIES
from ccm_pagerduty.kinds import kinds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from ccm_core.sdk.types import Collection, Shortfall

LOG_ENTRY = "pagerduty.incident_log_entry"
MAX_NAMES = 5
"""Objects that a line names."""
_CAUSES = {
    Reason.DENIED: Cause.DENIED,
    Reason.NOT_AVAILABLE: Cause.NOT_IN_PLAN,
    Reason.RATE_LIMITED: Cause.RATE_LIMITED,
    Reason.HIDDEN_REFERENCES: Cause.TEAM_SCOPE,
    Reason.VISIBILITY: Cause.TEAM_SCOPE,
    Reason.SOURCE_ERROR: Cause.SOURCE_ERROR,
}
_STEPS = {
    Cause.DENIED: "allow the credential to read it, then run `ccm collect`",
    Cause.NOT_IN_PLAN: "if the plan is meant to be without it, accept it with accept_unavailable "
    "and a reason; until then, rules that need it stay inconclusive",
    Cause.RATE_LIMITED: "leave ccm more of the limit: lower the rate of other clients of the "
    "credential, or set share; then run `ccm collect`",
    Cause.TEAM_SCOPE: "use a read-only API key of the account, then run `ccm collect`",
    Cause.SHORT_LIST: "run `ccm collect`; if the list still lacks them, report it to PagerDuty's "
    "support",
    Cause.SOURCE_ERROR: "run `ccm collect`; if the error persists, report the request id to "
    "PagerDuty's support",
    Cause.INCOMPLETE: "run `ccm collect`; if it stays incomplete, fix what the detail names",
}
_ACKNOWLEDGEMENT_STEPS = {
    Cause.RATE_LIMITED: "leave log entries more of the limit: lower the rate of other clients, set "
    "share, or set log_entries: auto; then run `ccm collect`",
    Cause.DENIED: "allow the credential to read incidents and their log entries (the scope "
    "incidents.read), then run `ccm collect`",
}


def incomplete_kinds(collections: Sequence[Collection]) -> Sequence[Diagnosis]:
    """Return one line for each kind whose newest collections are incomplete."""
    by_kind: dict[str, list[Collection]] = {}
    for collection in collections:
        by_kind.setdefault(collection.kind, []).append(collection)
    left_out = {
        f"{reference.kind}:{reference.key}"
        for collection in collections
        for reference in collection.dangling
        if reference.lookup_outcome is LookupOutcome.UNLISTED
    }
    return [line for kind, newest in by_kind.items() for line in _kind(kind, newest, left_out)]


def _kind(
    kind: str, collections: Sequence[Collection], left_out: AbstractSet[str]
) -> Iterator[Diagnosis]:
    incomplete = [newest for newest in collections if newest.outcome is not Outcome.COMPLETE]
    shortfalls = list(dict.fromkeys(short for newest in incomplete for short in newest.shortfalls))
    if not incomplete:
        return
    first = shortfalls[0] if shortfalls else None
    cause = _cause(first, left_out) if first else Cause.INCOMPLETE
    ended_at = max(newest.ended_at for newest in incomplete)
    message = f"the last collection, at {ended_at:%Y-%m-%d %H:%M} UTC, was {incomplete[-1].outcome}"
    message += f": {_details(shortfalls)}" if shortfalls else ""
    step = _STEPS[cause]
    if cause is Cause.DENIED and kind in {known.name for known in kinds() if known.optional}:
        step += "; or accept with accept_unavailable and a reason that it is not read"
    contradicted = first is not None and first.reason is Reason.CONTRADICTED
    if kind == LOG_ENTRY and cause not in {Cause.TEAM_SCOPE, Cause.SHORT_LIST} and not contradicted:
        message += f". {WITHOUT_LOG_ENTRIES[0].upper()}{WITHOUT_LOG_ENTRIES[1:]}"
        step = _ACKNOWLEDGEMENT_STEPS.get(cause, step)
        cause = Cause.ACKNOWLEDGEMENTS_MISSING
    yield Diagnosis(subject=kind, ok=False, cause=cause, message=message, next_step=step)


def _cause(shortfall: Shortfall, left_out: AbstractSet[str]) -> Cause:
    if shortfall.subjects and left_out >= set(shortfall.subjects):
        return Cause.SHORT_LIST
    return _CAUSES.get(shortfall.reason, Cause.INCOMPLETE)


def _details(shortfalls: Sequence[Shortfall]) -> str:
    """Return the first detail, the number of further ones, and the objects concerned."""
    subjects = list(dict.fromkeys(key for shortfall in shortfalls for key in shortfall.subjects))
    more = f" (and {len(shortfalls) - 1} more)" if len(shortfalls) > 1 else ""
    if not subjects:
        return f"{shortfalls[0].detail}{more}"
    rest = f" and {len(subjects) - MAX_NAMES} more" if len(subjects) > MAX_NAMES else ""
    names = ", ".join(subjects[:MAX_NAMES])
    return f"{shortfalls[0].detail}{more}; {len(subjects)} missing: {names}{rest}"
