"""What the credential was shown not to see, by the newest collections of each kind. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from ccm_core.model.evidence.collection import Collection, Reason, Shortfall
from ccm_core.model.evidence.manifest import Unseen

RIGHTS = (Reason.DENIED, Reason.NOT_AVAILABLE, Reason.HIDDEN_REFERENCES)
"""Reasons that lie in what the credential may see, and not in how the reading went."""
NAMED = 20
"""Objects that are named of each kind; all of them are counted."""


def newest(collections: Iterable[Collection], kinds: AbstractSet[str]) -> Sequence[Collection]:
    """Give the collections of the run that last tried each kind, as they were amended.

    Args:
        collections: In the order in which they were kept.
        kinds: The kinds that count.
    """
    found: dict[str, list[Collection]] = {}
    for one in collections:
        if one.kind not in kinds:
            continue
        run = found.setdefault(one.kind, [])
        if run and run[0].run != one.run:
            run.clear()
        run.append(one)
    amended = {one.amends for run in found.values() for one in run}
    return [one for run in found.values() for one in run if one.id not in amended]


def unseen(collections: Sequence[Collection]) -> tuple[Unseen, ...]:
    """Say what each kind lacks for want of rights, sorted by kind and reason."""
    falls: dict[tuple[str, Reason], list[Shortfall]] = {}
    for one in collections:
        for fall in one.shortfalls:
            if fall.reason in RIGHTS:
                falls.setdefault((one.kind, Reason(fall.reason)), []).append(fall)
    return tuple(_unseen(kind, reason, found) for (kind, reason), found in sorted(falls.items()))


def _unseen(kind: str, reason: Reason, falls: Sequence[Shortfall]) -> Unseen:
    subjects = sorted({subject for fall in falls for subject in fall.subjects})
    # One that names nobody may be about any object.
    known = all(fall.subjects for fall in falls)
    return Unseen(
        kind=kind,
        reason=reason,
        objects=len(subjects) if known else None,
        subjects=tuple(subjects[:NAMED]),
    )
