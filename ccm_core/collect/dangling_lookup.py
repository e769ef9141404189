"""Looks up the targets of dangling references, each once, and records what cannot be seen.

A listing shows what the credential may see and reports nothing of the rest. An object that a record
refers to and that its own kind does not list is therefore the only trace of what is hidden.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ccm_core.errors import AuthenticationFailed, SourceError
from ccm_core.model.evidence.amendments import REFERENCES, amend, newest_forms
from ccm_core.model.evidence.collection import (
    Collection,
    Dangling,
    LookupOutcome,
    Reason,
    Shortfall,
)

MAX_LOOKUPS = 100
"""Objects that are looked up in one run."""

LookUp = Callable[[str, str], Awaitable[LookupOutcome]]
"""Asks the source for one object, by kind and key."""
DanglingByCollection = Mapping[str, tuple[Dangling, ...]]
"""By the id of the collection whose records contain the references."""


async def look_up_all(dangling: DanglingByCollection, look_up: LookUp) -> DanglingByCollection:
    """Look up every dangling reference, each target once and up to a bound.

    Args:
        dangling: By collection id.
        look_up: Asks the source for one object.
    """
    targets = sorted(
        {
            (reference.kind, reference.key)
            for references in dangling.values()
            for reference in references
        }
    )
    outcomes: dict[tuple[str, str], LookupOutcome] = {}
    for kind, key in targets[:MAX_LOOKUPS]:
        try:
            outcomes[kind, key] = await look_up(kind, key)
        except AuthenticationFailed:
            break
        except SourceError:
            outcomes[kind, key] = LookupOutcome.UNKNOWN
    return {
        collection: tuple(
            replace(
                reference,
                lookup_outcome=outcomes.get((reference.kind, reference.key), LookupOutcome.UNKNOWN),
            )
            for reference in references
        )
        for collection, references in dangling.items()
    }


def amendments(
    collections: Sequence[Collection], dangling: DanglingByCollection, now: datetime
) -> tuple[Collection, ...]:
    """Return the amendments of collections that refer to, or should list, what cannot be seen.

    Args:
        collections: Of this run, with the amendments so far.
        dangling: By collection id, looked up.
        now: When the lookups ended.
    """
    hidden_targets = [
        reference
        for references in dangling.values()
        for reference in references
        if reference.hidden
    ]
    newest = {collection.kind: collection.id for collection in collections if not collection.amends}
    amended = []
    for root, collection in newest_forms(collections).items():
        references = dangling.get(root, ())
        hidden = [reference for reference in references if reference.hidden]
        if newest[collection.kind] == root:
            # The listing that should have had them is as incomplete as what refers to them.
            hidden += [
                reference
                for reference in hidden_targets
                if reference.kind == collection.kind and reference not in hidden
            ]
        if hidden:
            amended.append(
                amend(
                    collection,
                    name=REFERENCES,
                    shortfalls=_shortfalls(hidden),
                    now=now,
                    dangling=references,
                )
            )
    return tuple(amended)


def _shortfalls(hidden: Sequence[Dangling]) -> Sequence[Shortfall]:
    kinds = sorted({reference.kind for reference in hidden})
    return [
        _shortfall(kind, [reference for reference in hidden if reference.kind == kind])
        for kind in kinds
    ]


def _shortfall(kind: str, hidden: Sequence[Dangling]) -> Shortfall:
    keys = sorted({reference.key for reference in hidden})
    denied = any(reference.lookup_outcome is LookupOutcome.HIDDEN for reference in hidden)
    why = (
        "the credential may not see them"
        if denied
        else "they are deleted or hidden; the source does not distinguish the two"
    )
    first = hidden[0]
    return Shortfall(
        reason=Reason.HIDDEN_REFERENCES,
        detail=f"{len(keys)} of {kind} are referenced and not listed, such as {first.key}, "
        f"referenced by {first.named_by} in {first.field}: {why}. Use a credential that sees the "
        "whole account",
        missing=len(keys),
        subjects=tuple(f"{kind}:{key}" for key in keys),
    )
