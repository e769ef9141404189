"""One compiled pack serves several evaluations at the same time, and none of them changes it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from enum import Enum
from types import FunctionType

import pytest

from ccm_core.model.evaluation.result import Status
from ccm_core.model.frozen_json import FrozenDict, FrozenList
from ccm_core.rules.evaluate.evaluator import evaluate
from ccm_core.rules.evaluate.time_budget import TimeBudget
from ccm_core.rules.pack.deferred import Deferred

NOW = datetime.fromisoformat("2026-03-15T12:00:00Z")
DOORS = 200
KNOWN = {
    "over": "acme.door",
    "assert": "lookup('acme.person', row.owner).name != ''",
    "message": "\"{lookup('acme.person', row.owner).name} owns it\"",
}


class Interleaved:
    """A clock that lets two evaluations take turns, row by row."""

    def __init__(self):
        self._barrier = threading.Barrier(2)

    def __call__(self):
        """Wait for the other evaluation to be as far."""
        with_timeout = 20
        self._barrier.wait(with_timeout)
        return 0.0


@pytest.mark.attack(
    "Concurrency",
    "Two threads evaluate two connections with one compiled pack, row by row in turn",
    "Each result rests on the records of its own connection",
)
def test_two_evaluations_with_one_pack_look_up_their_own_records(compiled, rule_text, facts, row):
    """Neither passes by a person whom only the other connection's evidence has."""
    packs = compiled(rule_text(**KNOWN))
    budget = TimeBudget(seconds=1, clock=Interleaved())
    doors = [row(key=f"D{number:03}", owner="P1") for number in range(DOORS)]
    people = {
        "east": {"acme.person": {"P1": {"name": "Ada"}}},
        "west": {"acme.person": {"P2": {"name": "Cy"}}},
    }

    def judge(connection):
        evidence = facts(doors, connection=connection, lookup=people[connection])
        return evaluate(packs, [evidence], now=NOW, time_budget=budget).rules[0]

    with ThreadPoolExecutor(2) as threads:
        east, west = threads.map(judge, people)

    assert {result.status for result in east.results} == {Status.PASS}
    assert {result.status for result in west.results} == {Status.INSUFFICIENT}
    digests = {digest for result in east.results for digest in result.evidence_digests}
    assert digests == {f"sha256:{door.subject.key}" for door in doors} | {"sha256:acme.person:P1"}


def test_an_evaluation_leaves_no_records_in_its_pack(compiled, rule_text, facts, row):
    """The next evaluation with the pack, of a connection without people, passes nothing."""
    packs = compiled(rule_text(**KNOWN))
    with_people = facts([row(owner="P1")], lookup={"acme.person": {"P1": {"name": "Ada"}}})
    first = evaluate(packs, [with_people], now=NOW).rules[0]
    second = evaluate(packs, [facts([row(owner="P1")])], now=NOW).rules[0]

    assert [first.status, second.status] == [Status.PASS, Status.INSUFFICIENT]


EVERYTHING = {
    **KNOWN,
    "let": "{person: \"lookup('acme.person', row.owner)\"}",
    "match": "params.high_up || row.title in params.names",
    "not_due": "row.age <= params.limit",
    "tests": (
        "[{name: it, rows: [{keys: [{holder: P1}]}], expect: pass, params: "
        "{names: [a]}, lookups: {'acme.person:P1': {name: Ada}}}]"
    ),
    "controls": "[{framework: soc2, id: CC6.1, requires: {limit: {at_most: 1h}}}]",
}
PARAMETERS = {
    "parameters": (
        "{limit: {type: duration, default: 15m, varies_by: row.owner, description: d},"
        " names: {type: list, default: [a, b], description: d},"
        " high_up: {type: condition, over: acme.door, default: row.floor > 3, description: d}}"
    ),
    "settings": {"limit": {"value": "15m", "overrides": [{"for": ["P1"], "value": "5m"}]}},
}
LEAVES = (str, bytes, int, float, bool, type(None), Enum, datetime, timedelta, FunctionType, type)


def mutable_parts(value, path) -> Iterator[str]:
    """Yield where something is reached that could be changed."""
    if isinstance(value, LEAVES) or type(value).__module__.startswith("cel_expr_python"):
        return
    if isinstance(value, tuple | frozenset | FrozenList):
        for number, entry in enumerate(value):
            yield from mutable_parts(entry, f"{path}[{number}]")
    elif isinstance(value, Mapping):
        if not isinstance(value, FrozenDict):
            yield f"{path}: {type(value).__name__}"
        for key, entry in value.items():
            yield from mutable_parts(entry, f"{path}.{key}")
    elif isinstance(value, Deferred):
        yield from mutable_parts(value.compilation, path)
    elif dataclasses.is_dataclass(value) and type(value).__dataclass_params__.frozen:
        for field in dataclasses.fields(value):
            yield from mutable_parts(getattr(value, field.name), f"{path}.{field.name}")
    else:
        yield f"{path}: {type(value).__name__}"


def test_a_compiled_pack_is_immutable_all_the_way_down(compiled, rule_text):
    """Every part of it is a frozen value, and so is what compiling a part memorizes."""
    packs = compiled(rule_text(**EVERYTHING), **PARAMETERS)

    assert list(mutable_parts(packs, "packs")) == []


@pytest.mark.attack(
    "Concurrency",
    "Two threads compile the same condition of a pack at the same moment",
    "It is compiled once, and both get the same immutable value",
)
def test_two_threads_that_compile_one_condition_get_the_same(compiled, rule_text):
    """It is compiled once, however many threads need it first."""
    packs = compiled(rule_text(**EVERYTHING), **PARAMETERS, checked=True)
    (rule,) = packs.packs[0].groups[0].rules
    start = threading.Barrier(8)

    def conditions(_):
        start.wait(20)
        return rule.conditions

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(conditions, range(8)))

    assert {id(result) for result in results} == {id(rule.conditions)}
    assert list(mutable_parts(packs, "packs")) == []
