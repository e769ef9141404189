"""What the credential cannot read, by the newest collections of each kind. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from ccm_core.model.evidence.amendments import as_amended
from ccm_core.model.evidence.collection import Collection, Reason, Shortfall
from ccm_core.model.evidence.manifest import VisibilityGap

PERMISSION_REASONS = (
    Reason.DENIED,
    Reason.NOT_AVAILABLE,
    Reason.HIDDEN_REFERENCES,
    Reason.VISIBILITY,
)
"""Reasons that lie in the permissions of the credential, not in how the read went."""
MAX_LISTED = 20
"""Objects that are listed of each kind; all of them are counted."""


def newest(collections: Sequence[Collection], kinds: AbstractSet[str]) -> Sequence[Collection]:
    """Return the collections of the run that last tried each kind, as they were amended.

    Args:
        collections: In the order in which they were stored.
        kinds: The kinds that count.
    """
    runs: dict[str, list[Collection]] = {}
    for collection in as_amended(collections):
        if collection.kind not in kinds:
            continue
        run = runs.setdefault(collection.kind, [])
        if run and run[0].run != collection.run:
            run.clear()
        run.append(collection)
    return [collection for run in runs.values() for collection in run]


def unseen(collections: Sequence[Collection]) -> tuple[VisibilityGap, ...]:
    """Return what each kind lacks for want of permissions, sorted by kind and reason."""
    by_reason: dict[tuple[str, Reason], list[Shortfall]] = {}
    for collection in collections:
        for shortfall in collection.shortfalls:
            if shortfall.reason in PERMISSION_REASONS:
                key = (collection.kind, Reason(shortfall.reason))
                by_reason.setdefault(key, []).append(shortfall)
    return tuple(
        _unseen(kind, reason, shortfalls)
        for (kind, reason), shortfalls in sorted(by_reason.items())
    )


def _unseen(kind: str, reason: Reason, shortfalls: Sequence[Shortfall]) -> VisibilityGap:
    subjects = sorted({subject for shortfall in shortfalls for subject in shortfall.subjects})
    # A shortfall without subjects may concern any object.
    is_countable = all(shortfall.subjects for shortfall in shortfalls)
    return VisibilityGap(
        kind=kind,
        reason=reason,
        objects=len(subjects) if is_countable else None,
        subjects=tuple(subjects[:MAX_LISTED]),
    )
