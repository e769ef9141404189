"""Review the stored evidence of a connection for ``ccm check``, whatever its connector reviews.

It states what an evaluation of this moment would lack, by the same assessment, and which last
attempts failed although what was read before them still counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ccm_core.collect.visibility_gaps import newest
from ccm_core.errors import ClockMismatch
from ccm_core.model.evaluation.result import KindSufficiency
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall, is_denied
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.evaluate import current_moment, load_evidence, watch_scope
from ccm_core.pipeline.source.clock import SYNCHRONIZE
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.sdk.timestamps import format_instant
from ccm_core.sdk.types import Diagnosis
from ccm_core.store.interface.evidence_store import EvidenceStore

NOTHING_COLLECTED = Diagnosis(
    subject="evidence",
    ok=True,
    message="nothing was collected yet",
    next_step="run `ccm collect`",
)
_MOST_NAMES = 5
"""Objects that a line names."""
_WHOLE_ACCOUNT = "use a credential that sees the whole account, then run `ccm collect`"
_STEPS = {
    Reason.DENIED: "allow the credential to read it, then run `ccm collect`",
    Reason.NOT_AVAILABLE: "if the plan is meant to be without it, accept it with "
    "accept_unavailable and a reason",
    Reason.HIDDEN_REFERENCES: _WHOLE_ACCOUNT,
    Reason.VISIBILITY: _WHOLE_ACCOUNT,
    Reason.COLLAPSED: "run `ccm collect`; if so much was deleted on purpose, accept it with "
    "accept_collapse and a reason",
    Reason.ERASED: "none: it was erased by order",
}
OR_ACCEPT = "or accept with accept_unavailable and a reason that it is not read"
"""What else can be done where an optional kind is denied."""
_COLLECT = "run `ccm collect`; if it stays so, fix what the detail names"


def review_evidence(
    host: Host, connection: Connection, store: EvidenceStore
) -> Sequence[Diagnosis]:
    """Return one line for each kind whose evidence is insufficient, or was not read at last.

    A kind that is not available, which was accepted, has a line that says so. Where this machine's
    clock is more than an hour behind the evidence, that is the only line.

    Args:
        host: What is installed, and the clock.
        connection: Whose evidence to review.
        store: Where it is stored.

    Raises:
        StoreError: The store cannot be read.
    """
    scope = watch_scope(host, connection)
    try:
        now = current_moment(host, [connection], store)
    except ClockMismatch as mismatch:
        return (_clock_is_behind(mismatch),)
    evidence = load_evidence(host, scope, store, now)
    kinds = scope.cadences.keys()
    attempts = [collection for collection in evidence.collections if collection.kind in kinds]
    if not attempts:
        return (NOTHING_COLLECTED,)
    return [
        *_insufficient(evidence, sorted(kinds)),
        *_failed_attempts(evidence, newest(attempts, kinds)),
    ]


def _clock_is_behind(mismatch: ClockMismatch) -> Diagnosis:
    return Diagnosis(
        subject="evidence",
        ok=False,
        cause="clock_skew",
        message=str(mismatch),
        next_step=SYNCHRONIZE.lower(),
    )


def _insufficient(evidence: Evidence, kinds: Sequence[str]) -> Iterator[Diagnosis]:
    for kind in kinds:
        sufficiency = evidence.sufficiency(kind)
        message = _problem(sufficiency)
        if sufficiency.accepted:
            refusal = "denied" if is_denied(sufficiency.shortfalls) else "not available"
            accepted = f"{refusal}, which is accepted: {sufficiency.accepted}"
            yield Diagnosis(subject=kind, ok=True, message=accepted)
        elif message is not None:
            yield Diagnosis(
                subject=kind,
                ok=False,
                cause=_cause(sufficiency.shortfalls),
                message=message,
                next_step=_next_step(
                    sufficiency.shortfalls, optional=evidence.kinds[kind].optional
                ),
            )


def _problem(sufficiency: KindSufficiency) -> str | None:
    if sufficiency.problem or not sufficiency.subjects:
        return sufficiency.problem
    names = ", ".join(sufficiency.subjects[:_MOST_NAMES])
    more = len(sufficiency.subjects) - _MOST_NAMES
    rest = f" and {more} more" if more > 0 else ""
    detail = "; ".join(dict.fromkeys(fall.detail for fall in sufficiency.shortfalls[:1]))
    return f"{sufficiency.kind} lacks evidence of {names}{rest}: {detail or 'it is not complete'}"


def _failed_attempts(evidence: Evidence, attempts: Sequence[Collection]) -> Iterator[Diagnosis]:
    """Yield a line for each kind that an evaluation takes from before its last attempt."""
    seen: set[str] = set()
    for attempt in attempts:
        if attempt.doubted == frozenset() or attempt.kind in seen:
            continue
        sufficiency = evidence.sufficiency(attempt.kind)
        if _problem(sufficiency) is not None or sufficiency.accepted:
            continue
        seen.add(attempt.kind)
        detail = attempt.shortfalls[0].detail if attempt.shortfalls else "no reason was given"
        yield Diagnosis(
            subject=attempt.kind,
            ok=False,
            cause=_cause(attempt.shortfalls),
            message=f"the last attempt, at {format_instant(attempt.ended_at)}, was "
            f"{attempt.outcome}: {detail}. What was read before still counts, until it is too old",
            next_step=_next_step(
                attempt.shortfalls, optional=evidence.kinds[attempt.kind].optional
            ),
        )


def _cause(shortfalls: Sequence[Shortfall]) -> str:
    return shortfalls[0].reason.value if shortfalls else Outcome.PARTIAL.value


def _next_step(shortfalls: Sequence[Shortfall], *, optional: bool) -> str:
    steps = (_STEPS.get(shortfall.reason) for shortfall in shortfalls)
    step = next(filter(None, steps), _COLLECT)
    return f"{step}; {OR_ACCEPT}" if optional and is_denied(shortfalls) else step
