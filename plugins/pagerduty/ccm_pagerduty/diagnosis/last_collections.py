"""What the newest collections lack, and what follows from it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Diagnosis, Outcome, Reason
from ccm_pagerduty.diagnosis.causes import Cause
from ccm_pagerduty.diagnosis.endpoints import WITHOUT_LOG_ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.sdk.types import Collection, Shortfall

LOG_ENTRY = "pagerduty.incident_log_entry"
NAMED = 5
"""Objects that a line names."""
_CAUSES = {
    Reason.DENIED: Cause.DENIED,
    Reason.NOT_AVAILABLE: Cause.PLAN_WITHOUT,
    Reason.RATE_LIMITED: Cause.RATE_LIMITED,
    Reason.HIDDEN_REFERENCES: Cause.TEAM_SCOPE,
    Reason.SOURCE_ERROR: Cause.SOURCE_ERROR,
}
_STEPS = {
    Cause.DENIED: "let the credential read it, then run `ccm collect`",
    Cause.PLAN_WITHOUT: "nothing, if the plan is meant to be without it; rules that need it say so",
    Cause.RATE_LIMITED: "leave ccm more of the limit: lower the rate of what else uses the "
    "credential, or set share; then run `ccm collect`",
    Cause.TEAM_SCOPE: "use a read-only API key of the account, then run `ccm collect`",
    Cause.SOURCE_ERROR: "run `ccm collect`; if it stays, give the request id to the support",
    Cause.INCOMPLETE: "run `ccm collect`; if it stays, the detail says what is wrong",
}
_ACKNOWLEDGEMENTS = {
    Cause.RATE_LIMITED: "leave log entries more of the limit: lower the rate of what else uses the "
    "credential, set share, or set log_entries: auto; then run `ccm collect`",
    Cause.DENIED: "let the credential read incidents and their log entries (the scope "
    "incidents.read), then run `ccm collect`",
}


def lacking(collections: Sequence[Collection]) -> Sequence[Diagnosis]:
    """Say in one line for each kind what its newest collections lack."""
    kinds = dict.fromkeys(one.kind for one in collections)
    return [
        told
        for kind in kinds
        for told in _kind(kind, [one for one in collections if one.kind == kind])
    ]


def _kind(kind: str, collections: Sequence[Collection]) -> Iterator[Diagnosis]:
    wrong = [one for one in collections if one.outcome is not Outcome.COMPLETE]
    falls = list(dict.fromkeys(fall for one in wrong for fall in one.shortfalls))
    if not wrong:
        return
    first = falls[0] if falls else None
    cause = _CAUSES.get(first.reason, Cause.INCOMPLETE) if first else Cause.INCOMPLETE
    at = max(one.ended_at for one in wrong)
    found = f"{wrong[-1].outcome} when it was last read, at {at:%Y-%m-%d %H:%M} UTC"
    found += f": {_quoted(falls)}" if falls else ""
    step = _STEPS[cause]
    if kind == LOG_ENTRY:
        found += f". {WITHOUT_LOG_ENTRIES[0].upper()}{WITHOUT_LOG_ENTRIES[1:]}"
        step = _ACKNOWLEDGEMENTS.get(cause, step)
        cause = Cause.ACKNOWLEDGEMENTS_MISSING
    yield Diagnosis(subject=kind, good=False, cause=cause, found=found, next_step=step)


def _quoted(falls: Sequence[Shortfall]) -> str:
    """Give the first detail, with how many there are and which objects they are about."""
    subjects = list(dict.fromkeys(one for fall in falls for one in fall.subjects))
    more = f" (and {len(falls) - 1} more)" if len(falls) > 1 else ""
    if not subjects:
        return f"{falls[0].detail}{more}"
    rest = f" and {len(subjects) - NAMED} more" if len(subjects) > NAMED else ""
    which = ", ".join(subjects[:NAMED])
    return f"{falls[0].detail}{more}; without {len(subjects)}: {which}{rest}"
