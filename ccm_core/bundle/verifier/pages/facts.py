"""What the pages of an evidence package show: proven facts, and nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from heapq import nsmallest
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.concluding.kinds import Collecting
from ccm_core.bundle.verifier.contents import moment
from ccm_core.bundle.verifier.counting.period_items import (
    Items,
)
from ccm_core.bundle.verifier.evaluations import (
    History,
)
from ccm_core.bundle.verifier.pages.sample_sizes import SamplePlan
from ccm_core.bundle.verifier.scoping.scope_conclusions import concluded_items
from ccm_core.bundle.verifier.spans import instant_text

NO_EVALUATION = "no evaluation"
RESULTS = {
    "pass": "passed",
    "fail": "failed",
    "insufficient": "inconclusive",
    "error": "inconclusive (error)",
    "open": "open at the cut-off",
}


class PageFacts(NamedTuple):
    """Everything that the pages are made of."""

    assurance: Mapping[str, Any]
    """What ``assurance.json`` holds."""
    orders: Sequence[Mapping[str, Any]]
    """What ``erasures.json`` holds."""
    predicate: Mapping[str, Any]
    """What the statement says that the package is of."""
    others: Sequence[str]
    """Connections of the store that are not in the package."""
    key: str
    """The public key that signed it."""
    history: History
    collecting: Sequence[Collecting]
    inputs: Sequence[Mapping[str, Any]]
    """What the evaluations were made with, each once."""
    seed: str
    """The digest of the last evaluation, which selects the samples."""
    plan: SamplePlan
    """How many items of each test that evaluation states to sample."""
    validations: Sequence[Mapping[str, Any]]
    """Leaves of recorded outcomes of tests and mutations of packs, in the order of storing."""

    @property
    def titles(self) -> Mapping[str, str]:
        """What each test asserts, as its pack says."""
        return self.history.method.titles


class PeriodItem(NamedTuple):
    """One item of the population of a test."""

    rule: str
    connection: str
    kind: str
    key: str
    occurred_at: str
    """Empty for what is there at any time."""
    result: str
    """In words."""
    of_rule: str
    """The part of ids that all results of the test share."""

    @property
    def id(self) -> str:
        """The id of its result, as ``ccm explain`` takes it."""
        return f"{self.of_rule}-{short_digest(10, self.connection, self.kind, self.key)}"

    @property
    def cells(self) -> tuple[str, ...]:
        """What tables show of it, beside its test and its id."""
        return (self.connection, self.kind, self.key, self.occurred_at, self.result)


def rule_items(facts: PageFacts, rule: str) -> Iterator[PeriodItem]:
    """Yield the population of a test, sorted by connection and item.

    What is outside of the scope of each framework whose controls it supports is not of it.
    """
    of_rule = short_digest(6, rule)
    controls = facts.assurance["controls"]
    frameworks = {one["framework"] for one in controls if rule in one["rules"]}
    for connection in facts.predicate["connections"]:
        items = facts.history.items.get((rule, connection))
        if items is not None:
            for name in sorted(concluded_items(facts.history, rule, connection, frameworks)):
                kind, _, key = name.partition(":")
                item = items.occurred.get(name)
                occurred = "" if item is None else instant_text(item.occurred_at)
                result = RESULTS[item_result(items, name)]
                yield PeriodItem(rule, connection, kind, key, occurred, result, of_rule)


def item_result(items: Items, name: str) -> str:
    """Return what became of an item of the population."""
    if name in items.found:
        return "fail"
    if name in items.occurred:
        return items.occurred[name].status
    return items.there[name]


class TestSample(NamedTuple):
    """The population of one test, and the samples of it."""

    rule: str
    population: int
    risk: str
    size: int
    """How many are selected; all where there are no more."""
    items: Sequence[PeriodItem]
    """In the order of selection."""


def sample_of_test(facts: PageFacts, rule: str) -> TestSample:
    """Return the samples of a test.

    The first items by the SHA-256 of the seed, a line feed and the result's id.
    """
    population = 0

    def counted_items() -> Iterator[PeriodItem]:
        nonlocal population
        for item in rule_items(facts, rule):
            population += 1
            yield item

    first = nsmallest(
        facts.plan.largest(rule), counted_items(), key=lambda item: sample_key(facts.seed, item.id)
    )
    size = facts.plan.size(rule, population)
    return TestSample(rule, population, facts.plan.risk(rule), size, first[:size])


def sample_key(seed: str, name: str) -> str:
    """Return what an item is ranked by."""
    return hashlib.sha256(f"{seed}\n{name}".encode("utf-8", "surrogatepass")).hexdigest()


def last_evaluation(leaves: Mapping[int, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the leaf of the evaluation that is last by its moment; empty: there is none."""
    moments = [(moment(leaf["evaluated_at"]), index) for index, leaf in leaves.items()]
    return leaves[max(moments)[1]] if moments else {}


def short_digest(length: int, *names: str) -> str:
    """Return a part of the id of a result: the first bits of a digest, five in each letter."""
    data = "\0".join(names).encode("utf-8", "surrogatepass")
    return base64.b32encode(hashlib.sha256(data).digest()[:10])[:length].decode().lower()


def exceptions_by_item(assurance: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield each exception once, with the controls that it concerns."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for control in assurance["controls"]:
        name = f"{control['framework']}:{control['id']}"
        for row in control["exceptions"]:
            subject = row["subject"]
            key = (row["rule"], row["connection"], subject["kind"], subject["key"])
            found.setdefault(key, {**row, "controls": []})["controls"].append(name)
    for _, row in sorted(found.items(), key=lambda entry: entry[0]):
        yield row
