"""Mutates the evidence of a pack's tests and checks that no rule passes because of it.

Evidence that is stale, missing, denied, failed or cut off lets no rule pass. A field or a looked-up
record that is removed may turn a pass into anything, and nothing else into a pass: a rule that
passes because it has less evidence gives a false pass.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.rule import RuleTest
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.pack.compiled import CompiledPacks, CompiledRule
from ccm_core.rules.pack.rule_scopes import kinds_needed, kinds_to_withhold
from ccm_core.rules.testing.runner import run_case

MOST_FIELDS = 200
"""How many fields of one test are removed, one at a time."""

_EVIDENCE_MUTATIONS: Mapping[str, str] = {
    "missing": "was never collected",
    "stale": "is stale",
    "partial": "lost a page",
    "unavailable": "is denied",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """A test of a rule from which something was removed."""

    description: str
    """In words: ``without row.owner``."""
    test: RuleTest
    must_not_pass: bool
    """Whether it must not pass, even where the test did before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationResult:
    """The status of a test before and after something was removed."""

    pack: str
    rule: str
    test: str
    mutation: str
    before: str
    after: str
    false_pass: bool
    """Whether it passes because it has less evidence."""


def mutate(packs: CompiledPacks) -> tuple[MutationResult, ...]:
    """Mutate every test of every rule."""
    return tuple(
        result
        for pack in packs.packs
        for group in pack.groups
        for rule in group.rules
        for test in rule.rule.tests
        for result in _mutated(packs, pack.pack.name, rule, test)
    )


def _mutated(
    packs: CompiledPacks, pack: str, rule: CompiledRule, test: RuleTest
) -> Iterator[MutationResult]:
    before = run_case(packs, pack, rule, test)
    decides = kinds_to_withhold(packs, rule)
    for mutation in mutations(test, sorted(kinds_needed(packs, rule)), decides):
        after = run_case(packs, pack, rule, mutation.test)
        passes = after.actual == Status.PASS
        yield MutationResult(
            pack=pack,
            rule=rule.rule.id,
            test=test.name,
            mutation=mutation.description,
            before=before.actual,
            after=after.actual,
            false_pass=passes and (mutation.must_not_pass or before.actual != Status.PASS),
        )


def mutations(
    test: RuleTest, kinds: Sequence[str], decides_without: Collection[str] = ()
) -> Iterator[Mutation]:
    """Yield the mutations of a test: each lacks one thing.

    Args:
        test: The test.
        kinds: The evidence kinds that the rule reads.
        decides_without: Those of which a lack leaves a pass that does not rest on them.
    """
    yield from _evidence(test, kinds, decides_without)
    yield from _fields(test)
    for name in sorted(test.lookups):
        lookups = {key: body for key, body in test.lookups.items() if key != name}
        yield Mutation(
            description=f"without {name}", test=replace(test, lookups=lookups), must_not_pass=False
        )


def _evidence(
    test: RuleTest, kinds: Sequence[str], decides_without: Collection[str]
) -> Iterator[Mutation]:
    for kind in kinds:
        for state, phrase in _EVIDENCE_MUTATIONS.items():
            # A lost page has rows on it; the engine must notice by the outcome alone.
            rows = test.rows[: len(test.rows) // 2] if state == "partial" else test.rows
            mutated = replace(test, evidence={**test.evidence, kind: state}, rows=rows)
            must_not_pass = kind not in decides_without
            yield Mutation(
                description=f"{kind} {phrase}", test=mutated, must_not_pass=must_not_pass
            )


def _fields(test: RuleTest) -> Iterator[Mutation]:
    paths = [(number, path) for number, row in enumerate(test.rows) for path in _paths(row)]
    for number, path in paths[:MOST_FIELDS]:
        row = _without(test.rows[number], path)
        rows = (*test.rows[:number], row, *test.rows[number + 1 :])
        suffix = f" of row {number + 1}" if len(test.rows) > 1 else ""
        name = "row" + "".join(f"[{step}]" if type(step) is int else f".{step}" for step in path)
        yield Mutation(
            description=f"without {name}{suffix}",
            test=replace(test, rows=rows),
            must_not_pass=False,
        )


_Steps = tuple[str | int, ...]


def _paths(value: Any, prefix: _Steps = ()) -> Iterator[_Steps]:
    """Yield the path of every key, however deep."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield (*prefix, key)
            yield from _paths(below, (*prefix, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _paths(below, (*prefix, index))


def _without(row: JsonObject, path: _Steps) -> JsonObject:
    copy = deepcopy(row)
    parent: Any = copy
    for step in path[:-1]:
        parent = parent[step]
    del parent[path[-1]]
    return copy
