"""The outcome of a collection, decided from its errors and shortfalls. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ccm_core.errors import (
    AuthenticationFailed,
    CollectorFault,
    NotAvailable,
    PermissionDenied,
    RateLimited,
    SourceError,
)
from ccm_core.model.evidence.collection import WORST_FIRST, Collection, Outcome, Reason, Shortfall

_REASONS: tuple[tuple[type[SourceError], Reason], ...] = (
    (PermissionDenied, Reason.DENIED),
    (AuthenticationFailed, Reason.DENIED),
    (NotAvailable, Reason.NOT_AVAILABLE),
    (RateLimited, Reason.RATE_LIMITED),
)


def shortfall_of(error: SourceError) -> Shortfall:
    """Return what an error kept the run from reading."""
    reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), None)
    return Shortfall(reason=reason or Reason.SOURCE_ERROR, detail=str(error))


def outcome_of(error: SourceError | None, pages: int, shortfalls: Sequence[Shortfall]) -> Outcome:
    """Return the outcome of one window.

    Args:
        error: What ended the read, if anything did.
        pages: Pages that were read before it.
        shortfalls: Everything that was not read, the error included.
    """
    if isinstance(error, CollectorFault):
        return Outcome.FAILED
    if error is not None and pages == 0:
        unavailable = isinstance(error, PermissionDenied | NotAvailable)
        return Outcome.UNAVAILABLE if unavailable else Outcome.FAILED
    return Outcome.PARTIAL if shortfalls else Outcome.COMPLETE


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst of several outcomes; of none, ``complete``."""
    return min(outcomes, key=WORST_FIRST.index, default=Outcome.COMPLETE)


def dependency_outcome(
    needs: Iterable[str], current: Mapping[str, Sequence[Collection]]
) -> tuple[Outcome, tuple[Shortfall, ...]]:
    """Return what a collector lacks because the kinds it needs were not read completely.

    Args:
        needs: The kinds it needs.
        current: The newest collections of each kind.
    """
    outcomes, shortfalls = [Outcome.COMPLETE], []
    for kind in needs:
        collections = current.get(kind, ())
        if not collections:
            outcomes.append(Outcome.FAILED)
            detail = f"it is read object by object from {kind}, which was never collected"
            shortfalls.append(Shortfall(reason=Reason.SOURCE_ERROR, detail=detail))
        outcomes.append(_combined([collection.outcome for collection in collections]))
        shortfalls.extend(
            Shortfall(
                reason=shortfall.reason,
                detail=f"it is read object by object from {kind}, which is "
                f"{collection.outcome}: {shortfall.detail}",
                missing=None,
                subjects=shortfall.subjects,
            )
            for collection in collections
            for shortfall in collection.shortfalls
        )
    return _worst_of_needs(outcomes), tuple(dict.fromkeys(shortfalls))


def _combined(outcomes: Sequence[Outcome]) -> Outcome:
    """Combine several windows: as long as one of them yielded something, the kind is partial."""
    if not {Outcome.COMPLETE, Outcome.PARTIAL}.isdisjoint(outcomes):
        return Outcome.COMPLETE if set(outcomes) == {Outcome.COMPLETE} else Outcome.PARTIAL
    return _worst_of_needs(outcomes)


def _worst_of_needs(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the worst of several outcomes; a denial is not hidden behind a transport failure."""
    return Outcome.UNAVAILABLE if Outcome.UNAVAILABLE in outcomes else worst(outcomes)
