"""What came of a collection, decided from what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ccm_core.errors import Denied, NotAvailable, RateLimited, Refused, SourceError
from ccm_core.model.collection import Collection, Outcome, Reason, Shortfall

_REASONS: tuple[tuple[type[SourceError], Reason], ...] = (
    (Denied, Reason.DENIED),
    (Refused, Reason.DENIED),
    (NotAvailable, Reason.NOT_AVAILABLE),
    (RateLimited, Reason.RATE_LIMITED),
)
_WORST_FIRST = (Outcome.FAILED, Outcome.UNAVAILABLE, Outcome.PARTIAL, Outcome.COMPLETE)


def shortfall_of(error: SourceError) -> Shortfall:
    """Say as a value what an error kept us from seeing."""
    reason = next((why for shape, why in _REASONS if isinstance(error, shape)), None)
    return Shortfall(reason=reason or Reason.SOURCE_ERROR, detail=str(error))


def outcome_of(error: SourceError | None, pages: int, shortfalls: Sequence[Shortfall]) -> Outcome:
    """Decide the outcome of one window.

    Args:
        error: What ended the reading, if anything did.
        pages: Pages that were read before it.
        shortfalls: Everything that was not seen, the error included.
    """
    if error is not None and pages == 0:
        lacking = isinstance(error, Denied | NotAvailable)
        return Outcome.UNAVAILABLE if lacking else Outcome.FAILED
    return Outcome.PARTIAL if shortfalls else Outcome.COMPLETE


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Give the worst of several outcomes; of none, ``complete``."""
    return min(outcomes, key=_WORST_FIRST.index, default=Outcome.COMPLETE)


def inherited(
    needs: Iterable[str], newest: Mapping[str, Collection]
) -> tuple[Outcome, tuple[Shortfall, ...]]:
    """Say what a collector lacks because the kinds it needs were not seen whole.

    Args:
        needs: The kinds it needs.
        newest: The newest collection of each kind.
    """
    outcomes, shortfalls = [Outcome.COMPLETE], []
    for kind in needs:
        collection = newest.get(kind)
        if collection is None:
            outcomes.append(Outcome.FAILED)
            detail = f"it is read object by object from {kind}, which was never collected"
            shortfalls.append(Shortfall(reason=Reason.SOURCE_ERROR, detail=detail))
            continue
        outcomes.append(collection.outcome)
        shortfalls.extend(
            Shortfall(
                reason=one.reason,
                detail=f"it is read object by object from {kind}, which is "
                f"{collection.outcome}: {one.detail}",
                missing=None,
                subjects=one.subjects,
            )
            for one in collection.shortfalls
        )
    return worst(outcomes), tuple(shortfalls)
