"""Lookups: a name that leads nowhere is asked for once, and what cannot be seen is said.

A listing shows what the credential may see and says nothing of the rest. An object that a record
names and that its own kind does not list is therefore the only trace of what is hidden.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ccm_core.errors import AuthenticationFailed, SourceError
from ccm_core.model.evidence.collection import (
    Collection,
    Counts,
    Dangling,
    Outcome,
    Reason,
    Shortfall,
    LookupOutcome,
)

MOST = 100
"""Objects that are looked up in one run."""

LookUp = Callable[[str, str], Awaitable[LookupOutcome]]
"""Asks the source for one object, by kind and key."""
ByCollection = Mapping[str, tuple[Dangling, ...]]


async def looked_up(dangling: ByCollection, look_up: LookUp) -> ByCollection:
    """Ask for everything that is named and not listed, each once and up to a bound.

    Args:
        dangling: By collection id.
        look_up: Asks for one object.
    """
    wanted = sorted({(one.kind, one.key) for found in dangling.values() for one in found})
    found: dict[tuple[str, str], LookupOutcome] = {}
    for kind, key in wanted[:MOST]:
        try:
            found[kind, key] = await look_up(kind, key)
        except AuthenticationFailed:
            break
        except SourceError:
            found[kind, key] = LookupOutcome.UNTOLD
    return {
        collection: tuple(
            replace(one, whereabouts=found.get((one.kind, one.key), LookupOutcome.UNTOLD))
            for one in named
        )
        for collection, named in dangling.items()
    }


def amendments(
    collections: Sequence[Collection], dangling: ByCollection, now: datetime
) -> tuple[Collection, ...]:
    """Give what is to be added to collections that name, or should list, what cannot be seen.

    Args:
        collections: Of this run.
        dangling: By collection id, looked up.
        now: When the looking up ended.
    """
    named = [one for found in dangling.values() for one in found if one.hidden]
    newest = {one.kind: one.id for one in collections}
    found = []
    for collection in collections:
        hidden = [one for one in dangling.get(collection.id, ()) if one.hidden]
        if newest[collection.kind] == collection.id:
            # The listing that should have had them is as incomplete as what names them.
            hidden += [one for one in named if one.kind == collection.kind and one not in hidden]
        if hidden:
            found.append(_amended(collection, hidden, now))
    return tuple(found)


def _amended(collection: Collection, hidden: Sequence[Dangling], now: datetime) -> Collection:
    partial = collection.outcome in {Outcome.COMPLETE, Outcome.PARTIAL}
    return replace(
        collection,
        id=f"{collection.id}/references",
        amends=collection.id,
        ended_at=now,
        outcome=Outcome.PARTIAL if partial else collection.outcome,
        shortfalls=(*collection.shortfalls, *_shortfalls(hidden)),
        counts=Counts(),
        requests=(),
        notes=(),
        unknown_fields=(),
        population_root=None,
    )


def _shortfalls(hidden: Sequence[Dangling]) -> Sequence[Shortfall]:
    kinds = sorted({one.kind for one in hidden})
    return [_shortfall(kind, [one for one in hidden if one.kind == kind]) for kind in kinds]


def _shortfall(kind: str, hidden: Sequence[Dangling]) -> Shortfall:
    keys = sorted({one.key for one in hidden})
    denied = any(one.whereabouts is LookupOutcome.HIDDEN for one in hidden)
    why = (
        "the credential may not see them"
        if denied
        else "they are deleted or hidden, no one can say"
    )
    first = hidden[0]
    return Shortfall(
        reason=Reason.HIDDEN_REFERENCES,
        detail=f"{len(keys)} of {kind} are named and not listed, such as {first.key}, named by "
        f"{first.named_by} in {first.field}: {why}. Use a credential that sees the whole account",
        missing=len(keys),
        subjects=tuple(f"{kind}:{key}" for key in keys),
    )
