"""Looks up the targets of dangling references, each once, and records what cannot be seen.

A listing shows what the credential may see and reports nothing of the rest. An object that a record
refers to and that its own kind does not list is therefore the only trace of what is hidden.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
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

MAX_LOOKUPS = 500
"""Objects that are looked up in one run."""

LookUp = Callable[[str, str], Awaitable[LookupOutcome]]
"""Asks the source for one object, by kind and key."""
DanglingByCollection = Mapping[str, tuple[Dangling, ...]]
"""By the id of the collection whose records contain the references."""


VanishedKeys = Callable[[str, AbstractSet[str]], AbstractSet[str]]
"""Returns those of some keys of a kind that were listed once, and are gone."""


def snapshot_kinds(collections: Sequence[Collection]) -> AbstractSet[str]:
    """Return the kinds of which a listing states the whole population."""
    events = {collection.kind for collection in collections if collection.window is not None}
    return {collection.kind for collection in collections} - events


def requested_by_key(
    collections: Sequence[Collection],
) -> Mapping[tuple[str, str], LookupOutcome]:
    """Return the outcomes for objects that collectors have requested by their keys."""
    return {
        (reference.kind, reference.key): reference.lookup_outcome
        for collection in collections
        for reference in collection.dangling
        if reference.lookup_outcome is not None
    }


async def look_up_listed(
    dangling: DanglingByCollection,
    snapshots: AbstractSet[str],
    look_up: LookUp,
    vanished_keys: VanishedKeys,
    by_key: Mapping[tuple[str, str], LookupOutcome],
) -> DanglingByCollection:
    """Look up those dangling references whose kind has a list of everything that there is.

    An event that is not listed lies outside the windows, which proves nothing.

    Args:
        dangling: By collection id.
        snapshots: The kinds of which a list states the whole population.
        look_up: See :func:`look_up_all`.
        vanished_keys: See :func:`look_up_all`.
        by_key: The outcomes for events that collectors have requested by their keys.
    """
    listed = {
        collection: tuple(reference for reference in references if reference.kind in snapshots)
        for collection, references in dangling.items()
    }
    looked_up = await look_up_all(listed, look_up, vanished_keys)
    return {
        collection: (
            *looked_up[collection],
            *(
                replace(reference, lookup_outcome=by_key.get((reference.kind, reference.key)))
                for reference in references
                if reference.kind not in snapshots
            ),
        )
        for collection, references in dangling.items()
    }


async def look_up_all(
    dangling: DanglingByCollection,
    look_up: LookUp,
    vanished_keys: VanishedKeys = lambda _kind, _keys: frozenset(),
) -> DanglingByCollection:
    """Look up every dangling reference, each target once and up to a bound.

    Args:
        dangling: By collection id.
        look_up: Asks the source for one object.
        vanished_keys: What the source says of both deleted and hidden objects is certain of an
            object that a complete list once had: it was deleted.
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
            outcomes |= dict.fromkeys(set(targets) - outcomes.keys(), LookupOutcome.FAILED)
            break
        except SourceError:
            outcomes[kind, key] = LookupOutcome.FAILED
    outcomes |= dict.fromkeys(_deleted(outcomes, vanished_keys), LookupOutcome.DELETED)
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


def _deleted(
    outcomes: Mapping[tuple[str, str], LookupOutcome], vanished_keys: VanishedKeys
) -> Iterator[tuple[str, str]]:
    missing = [name for name, outcome in outcomes.items() if outcome is LookupOutcome.NOT_FOUND]
    for kind in sorted({kind for kind, _ in missing}):
        keys = {key for of_kind, key in missing if of_kind == kind}
        yield from ((kind, key) for key in vanished_keys(kind, keys))


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
    groups: dict[tuple[str, LookupOutcome], list[Dangling]] = {}
    for reference in hidden:
        outcome = reference.lookup_outcome or LookupOutcome.UNKNOWN
        groups.setdefault((reference.kind, outcome), []).append(reference)
    return [_shortfall(kind, outcome, groups[kind, outcome]) for kind, outcome in sorted(groups)]


def _shortfall(kind: str, outcome: LookupOutcome, hidden: Sequence[Dangling]) -> Shortfall:
    keys, first = sorted({reference.key for reference in hidden}), hidden[0]
    return Shortfall(
        reason=_REASONS.get(outcome, Reason.HIDDEN_REFERENCES),
        detail=f"{len(keys)} of {kind} are referenced and not listed, such as {first.key}, "
        f"referenced by {first.named_by} in {first.field}: {_WHY[outcome]}",
        missing=len(keys),
        subjects=tuple(f"{kind}:{key}" for key in keys),
    )


_REASONS = {
    LookupOutcome.FAILED: Reason.SOURCE_ERROR,
    LookupOutcome.UNLISTED: Reason.CONTRADICTED,
}
_WHOLE_ACCOUNT = "Use a credential that sees the whole account"
_WHY = {
    LookupOutcome.UNLISTED: "they exist, and the list left them out",
    LookupOutcome.HIDDEN: f"the credential may not see them. {_WHOLE_ACCOUNT}",
    LookupOutcome.NOT_FOUND: "they are deleted or hidden; the source does not distinguish the two "
    f"for this credential. {_WHOLE_ACCOUNT}",
    LookupOutcome.UNKNOWN: "whether they exist is not known: the source does not say, or there are "
    f"more than the {MAX_LOOKUPS} that a run looks up. {_WHOLE_ACCOUNT}",
    LookupOutcome.FAILED: "the source did not respond when they were looked up. Run `ccm collect` "
    "again",
}
