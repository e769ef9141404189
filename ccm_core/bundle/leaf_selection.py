"""Which leaves of the ledger belong into a bundle. Pure: it is shown leaves and names indexes."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ccm_core.model.evidence.window import Window
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.timestamps import parse_instant

Leaves = Iterable[tuple[int, JsonObject]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a bundle is to hold of one connection."""

    period: Window
    kinds: AbstractSet[str]
    events: AbstractSet[str]
    """Those of the kinds of which earlier records count only where results rest on them."""
    evidence_digests: AbstractSet[str]
    """Digests that results of the period rest on."""
    ends: AbstractSet[int] = frozenset()
    """The last leaf of each run, as the store's own log states them."""


@dataclass(slots=True, kw_only=True)
class _Kind:
    """One kind on the way through a log."""

    standing: dict[str, int] = field(default_factory=dict)
    """Before the period: the index of the newest version of each key that stands."""
    begun: bool = False
    pending: list[int] = field(default_factory=list)
    """Since the last collection that is known to belong to the period."""
    chosen: list[int] = field(default_factory=list)


def of_connection(leaves: Leaves, wanted: Wanted) -> set[int]:
    """Choose among the leaves of a connection's log.

    Of each kind: every collection from the first to the last one that ended in the period, with all
    that it appended, so that its counts and its population can be held against what is there; and
    what stood before the first of them. Of any kind: what results rest on. And every run with its
    manifest, whenever it was, so that it can be seen that none was left out.
    """
    kinds = {kind: _Kind() for kind in wanted.kinds}
    by_collection: dict[str, _Kind] = {}
    found = set(wanted.ends)
    for index, leaf in leaves:
        form = leaf["leaf"]
        if form in {"run", "manifest"} or leaf.get("digest") in wanted.evidence_digests:
            found.add(index)
        if form == "collection" and leaf["kind"] in kinds:
            kind = by_collection[leaf["id"]] = kinds[leaf["kind"]]
            _collected(kind, index, inside=parse_instant(leaf["ended_at"]) in wanted.period)
        elif leaf.get("collection") in by_collection:
            _appended(by_collection[leaf["collection"]], index, leaf)
    for name, kind in kinds.items():
        found.update(kind.chosen)
        if name not in wanted.events:
            found.update(kind.standing.values())
    return found


def _collected(kind: _Kind, index: int, *, inside: bool) -> None:
    kind.begun = kind.begun or inside
    if inside:
        kind.chosen.extend(kind.pending)
        kind.pending.clear()
    if kind.begun:
        (kind.chosen if inside else kind.pending).append(index)


def _appended(kind: _Kind, index: int, leaf: JsonObject) -> None:
    if kind.begun:
        (kind.pending or kind.chosen).append(index)
    elif leaf["leaf"] == "version":
        kind.standing.pop(leaf["key"], None)
        if "digest" in leaf:
            kind.standing[leaf["key"]] = index
