"""Select the leaves of the ledger that belong into a bundle. Pure: it reads leaves only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import field
from typing import Any

from ccm_core.bundle.verifier.proofs.leaf_table import pack_digest
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.timestamps import parse_instant

Leaves = Iterable[tuple[int, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafCriteria:
    """Which leaves of a connection's log belong into a bundle."""

    period: Window
    kinds: AbstractSet[str]
    event_kinds: AbstractSet[str]
    """Those of the kinds of which earlier records count only as evidence behind results."""
    evidence_digests: AbstractSet[bytes]
    """Packed digests of the evidence behind results of the period."""
    last_collections: AbstractSet[str] = frozenset()
    """Those that evaluations of the period name as the last that they read."""
    run_ends: AbstractSet[int] = frozenset()
    """The last leaf of each run, as the store's own log states them."""


@dataclass(slots=True, kw_only=True)
class _KindSelection:
    """The leaves of one kind that are selected, on the way through a log."""

    current: dict[str, int] = field(default_factory=dict)
    """Before the period: the index of the newest version of each key that is current."""
    traced: set[str] = field(default_factory=set)
    """Keys of which an older version is evidence: what became of them is selected as well."""
    begun: bool = False
    """Once one ended after the period began, or was stored after one that was read last."""
    pending: list[int] = field(default_factory=list)
    """Since the last collection that is known to belong to the period."""
    selected: list[int] = field(default_factory=list)

    def add_collection(self, index: int, *, inside: bool) -> None:
        """Add a collection that belongs to the period or not."""
        if inside:
            self.selected.extend(self.pending)
            self.pending.clear()
        if self.begun:
            (self.selected if inside else self.pending).append(index)

    def add_leaf(self, index: int, leaf: Mapping[str, Any], *, evidence: bool) -> None:
        """Add a leaf that a collection appended, and whether it is evidence behind results."""
        if self.begun:
            (self.pending or self.selected).append(index)
        elif leaf["leaf"] == "version":
            if evidence or leaf["key"] in self.traced:
                self.traced.add(leaf["key"])
                self.selected.append(index)
            self.current.pop(leaf["key"], None)
            if "digest" in leaf:
                self.current[leaf["key"]] = index


def select_leaves(leaves: Leaves, criteria: LeafCriteria) -> set[int]:
    """Return the indexes of the leaves of a connection's log that belong into a bundle.

    Of each kind: every collection from the first to the last one that ended in the period, with all
    that it appended, so that its counts and its population can be verified; and what was current
    before the first of them. Of any kind: the evidence behind results, and the collections that
    evaluations name as the last that they read. And every run with its manifest, at any time, which
    proves that none was left out.
    """
    kinds = {kind: _KindSelection() for kind in criteria.kinds}
    by_collection: dict[str, _KindSelection] = {}
    indexes, was_read = set(criteria.run_ends), False
    for index, leaf in leaves:
        form = leaf["leaf"]
        evidence = "digest" in leaf and pack_digest(leaf["digest"]) in criteria.evidence_digests
        named = form == "collection" and leaf["id"] in criteria.last_collections
        if form in {"run", "manifest"} or evidence or named:
            indexes.add(index)
        if form == "collection" and leaf["kind"] in kinds:
            kind, ended_at = kinds[leaf["kind"]], parse_instant(leaf["ended_at"])
            kind.begun = kind.begun or was_read or ended_at >= criteria.period.since
            kind.add_collection(index, inside=kind.begun and (named or ended_at in criteria.period))
            by_collection[leaf["id"]] = kind
        elif leaf.get("collection") in by_collection:
            by_collection[leaf["collection"]].add_leaf(index, leaf, evidence=evidence)
        was_read = was_read or named
    for name, kind in kinds.items():
        indexes.update(kind.selected)
        if name not in criteria.event_kinds:
            indexes.update(kind.current.values())
    return indexes
