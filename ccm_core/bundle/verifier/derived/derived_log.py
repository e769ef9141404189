"""The logs of rows and verdicts: what of them belongs into a package."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.contents import Leaves
from ccm_core.bundle.verifier.proofs.leaf_table import LeafTable
from ccm_core.bundle.verifier.scoping.framework_scopes import FrameworkScopes, distinct_scopes

DERIVED = "@derived"
"""Ends the name of the log of what was derived from the evidence of a connection."""


class DerivedNeed(NamedTuple):
    """Which versions of such a log a package holds."""

    kinds: frozenset[str]
    """``rows/OVER`` and ``verdicts/PACK/OVER`` of the rules of its controls."""
    bounds: Mapping[int, Mapping[str, int]]
    """By the leaf of each evaluation that was made by change, how long each log was, in order."""
    scopes: FrameworkScopes = ()
    """Every scope that one of these evaluations states."""

    def size(self, log: str) -> int:
        """Return how long a log was for the last of the evaluations."""
        return max((sizes.get(log, 0) for sizes in self.bounds.values()), default=0)

    def first(self, log: str) -> int:
        """Return how long a log was for the first of the evaluations."""
        return next((sizes.get(log, 0) for sizes in self.bounds.values()), 0)


def derived_need(
    store_log: Leaves,
    evaluations: Leaves,
    documents: Iterable[Mapping[str, Any]],
    rules: Collection[str],
) -> DerivedNeed:
    """Return what some evaluations need.

    Args:
        store_log: The store's own log, every leaf of it.
        evaluations: The leaves of the evaluations.
        documents: One of them for each of the inputs that they were made with.
        rules: Those of the controls.
    """
    kinds: set[str] = set()
    scopes: list[Mapping[str, Any]] = []
    for document in documents:
        scopes.extend(document["scopes"])
        for rule in document["rules"]:
            kinds.update(rule_kinds(rule) if rule["rule"] in rules else ())
    bounds = derived_bounds(store_log, by_change(evaluations))
    return DerivedNeed(frozenset(kinds), bounds, distinct_scopes(scopes))


def by_change(evaluations: Leaves) -> dict[int, Mapping[str, Any]]:
    """Return the leaves of the evaluations of which results are in such logs."""
    return {index: leaf for index, leaf in evaluations.items() if "act" in leaf}


def rule_kinds(rule: Mapping[str, Any]) -> tuple[str, str]:
    """Return the kinds of the rows that a rule is about, and of what it says of them."""
    return f"rows/{rule['over']}", f"verdicts/{rule['pack']}/{rule['over']}"


def derived_bounds(store_log: Leaves, evaluations: Leaves) -> dict[int, dict[str, int]]:
    """Return how long the logs were for each evaluation.

    That is the newest length that was stated up to the first statement after its leaf: what it
    changed was stored before it, and is stated with it.
    """
    sizes: dict[str, int] = {}
    bounds: dict[int, dict[str, int]] = {}
    pending: list[int] = []
    for index, leaf in store_log.items():
        if index in evaluations:
            pending.append(index)
        for head in leaf.get("heads", ()):
            if head["log"].endswith(DERIVED):
                sizes[head["log"]] = max(head["size"], sizes.get(head["log"], 0))
        if "heads" in leaf:
            bounds.update((waiting, dict(sizes)) for waiting in pending)
            pending = []
    bounds.update((waiting, dict(sizes)) for waiting in pending)
    return bounds


def derived_versions(leaves: LeafTable, need: DerivedNeed, log: str) -> Sequence[int]:
    """Return the indexes of the versions that a package holds of such a log, in order.

    The newest of each key for the first evaluation, and all from there to the last one.
    """
    first, last = need.first(log), need.size(log)
    current: dict[tuple[str, str], int] = {}
    later = array("q")
    for index, kind, key, _ in leaves.versions():
        if index >= last:
            break
        if kind not in need.kinds:
            continue
        if index < first:
            current[kind, key] = index
        else:
            later.append(index)
    return array("q", sorted(current.values())) + later
