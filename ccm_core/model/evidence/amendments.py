"""Amendments: what a run found out about a collection after it had stored it.

An amendment is a collection of its own, because what is stored never changes. It states the
outcome, the shortfalls and the dangling references anew; what was read stands in the collection
that it amends. Whoever takes "the newest collection" has to join the two first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ccm_core.model.evidence.collection import (
    Collection,
    Counts,
    Dangling,
    Outcome,
    Reason,
    Shortfall,
)

REFERENCES, VISIBILITY, CONTRADICTION = "references", "visibility", "contradiction"
"""What finds something out about a stored collection: the end of an amendment's id."""


def amend(
    collection: Collection,
    *,
    name: str,
    shortfalls: Sequence[Shortfall],
    now: datetime,
    dangling: Sequence[Dangling] = (),
) -> Collection:
    """Return the amendment of a collection; an outcome never becomes better.

    Args:
        collection: In its newest form.
        name: What found it out, such as :data:`REFERENCES`.
        shortfalls: What is missing besides.
        now: When that was found out.
        dangling: The dangling references besides, looked up.
    """
    partial = collection.outcome in {Outcome.COMPLETE, Outcome.PARTIAL}
    return replace(
        collection,
        id=f"{collection.id}/{name}",
        amends=collection.id,
        ended_at=max(now, collection.ended_at),
        outcome=Outcome.PARTIAL if partial else collection.outcome,
        shortfalls=tuple(dict.fromkeys((*collection.shortfalls, *shortfalls))),
        dangling=tuple(dict.fromkeys((*collection.dangling, *dangling))),
        counts=Counts(),
        requests=(),
        notes=(),
        unknown_fields=(),
        population_root=None,
    )


def newest_forms(collections: Iterable[Collection]) -> dict[str, Collection]:
    """Return the newest amendment of each collection, or itself, by the collection's id.

    Args:
        collections: In the order in which they were stored. An amendment without what it amends
            stands for itself.
    """
    newest: dict[str, Collection] = {}
    roots: dict[str, str] = {}
    for collection in collections:
        root = roots.get(collection.amends or "", collection.id)
        roots[collection.id] = root
        newest[root] = collection
    return newest


def as_amended(collections: Iterable[Collection]) -> list[Collection]:
    """Return collections as they were amended: each once, under its own id and in its place.

    Args:
        collections: In the order in which they were stored. An amendment without what it amends
            stands for itself.
    """
    joined: list[Collection] = []
    places: dict[str, int] = {}
    for collection in collections:
        place = places.get(collection.amends or "")
        if place is None:
            place = len(joined)
            joined.append(collection)
        else:
            joined[place] = _joined(joined[place], collection)
        places[collection.id] = place
    return joined


def _joined(collection: Collection, amendment: Collection) -> Collection:
    return replace(
        collection,
        ended_at=amendment.ended_at,
        outcome=amendment.outcome,
        shortfalls=amendment.shortfalls,
        dangling=amendment.dangling,
    )


def as_read(collections: Sequence[Collection], *, sees_whole: bool) -> list[Collection]:
    """Return collections as a plan counts them: by what reading again could change.

    What a credential may not see, it will not see on another read either, so that a collection
    lacks only such objects is left out. For a credential that sees everything it counts.

    Args:
        collections: In the order in which they were stored.
        sees_whole: Whether the credential that will read sees the whole account.
    """
    stored = {collection.id: collection for collection in collections}
    lasting = [
        collection
        for collection in collections
        if collection.amends not in stored or not _adds_hidden_references(collection, stored)
    ]
    amended = as_amended(lasting)
    return amended if sees_whole else [_without_visibility(collection) for collection in amended]


def _adds_hidden_references(amendment: Collection, stored: Mapping[str, Collection]) -> bool:
    before = stored[str(amendment.amends)].shortfalls
    added = [shortfall for shortfall in amendment.shortfalls if shortfall not in before]
    return all(shortfall.reason is Reason.HIDDEN_REFERENCES for shortfall in added)


def _without_visibility(collection: Collection) -> Collection:
    remaining = tuple(
        shortfall
        for shortfall in collection.shortfalls
        if shortfall.reason is not Reason.VISIBILITY
    )
    if len(remaining) == len(collection.shortfalls) or collection.outcome is not Outcome.PARTIAL:
        return collection
    outcome = Outcome.PARTIAL if remaining else Outcome.COMPLETE
    return replace(collection, shortfalls=remaining, outcome=outcome)
