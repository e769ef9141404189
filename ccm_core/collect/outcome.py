"""What came of a collection, decided from what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ccm_core.errors import PermissionDenied, NotAvailable, RateLimited, AuthenticationFailed, SourceError
from ccm_core.model.evidence.collection import WORST_FIRST, Collection, Outcome, Reason, Shortfall

_REASONS: tuple[tuple[type[SourceError], Reason], ...] = (
    (PermissionDenied, Reason.DENIED),
    (AuthenticationFailed, Reason.DENIED),
    (NotAvailable, Reason.NOT_AVAILABLE),
    (RateLimited, Reason.RATE_LIMITED),
)


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
        lacking = isinstance(error, PermissionDenied | NotAvailable)
        return Outcome.UNAVAILABLE if lacking else Outcome.FAILED
    return Outcome.PARTIAL if shortfalls else Outcome.COMPLETE


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Give the worst of several outcomes; of none, ``complete``."""
    return min(outcomes, key=WORST_FIRST.index, default=Outcome.COMPLETE)


def named(collection: Collection) -> set[str] | None:
    """Name the only objects a collection did not see; None where it may be any."""
    if collection.outcome is Outcome.COMPLETE:
        return set()
    falls = collection.shortfalls
    if collection.outcome is Outcome.PARTIAL and falls and all(fall.subjects for fall in falls):
        return {subject for fall in falls for subject in fall.subjects}
    return None


def inherited(
    needs: Iterable[str], standing: Mapping[str, Sequence[Collection]]
) -> tuple[Outcome, tuple[Shortfall, ...]]:
    """Say what a collector lacks because the kinds it needs were not seen whole.

    Args:
        needs: The kinds it needs.
        standing: The collections that speak for each kind now.
    """
    outcomes, shortfalls = [Outcome.COMPLETE], []
    for kind in needs:
        collections = standing.get(kind, ())
        if not collections:
            outcomes.append(Outcome.FAILED)
            detail = f"it is read object by object from {kind}, which was never collected"
            shortfalls.append(Shortfall(reason=Reason.SOURCE_ERROR, detail=detail))
        outcomes.append(_together([one.outcome for one in collections]))
        shortfalls.extend(
            Shortfall(
                reason=one.reason,
                detail=f"it is read object by object from {kind}, which is "
                f"{collection.outcome}: {one.detail}",
                missing=None,
                subjects=one.subjects,
            )
            for collection in collections
            for one in collection.shortfalls
        )
    return worst(outcomes), tuple(dict.fromkeys(shortfalls))


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    """Say what several windows give together: as long as one gave something, there is a part."""
    if not {Outcome.COMPLETE, Outcome.PARTIAL}.isdisjoint(outcomes):
        return Outcome.COMPLETE if set(outcomes) == {Outcome.COMPLETE} else Outcome.PARTIAL
    return worst(outcomes)
