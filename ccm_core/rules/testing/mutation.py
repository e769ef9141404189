"""Takes away what the tests of a pack rest on, and looks whether a rule turns to a pass.

Evidence that is stale, missing, denied, failed or cut off lets no rule pass. A field or a looked-up
record that is taken away may turn a pass into anything, and nothing else into a pass: a rule that
passes because it was told less is a rule that lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.rule import RuleTest
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.pack.compiled import CompiledPacks, CompiledRule
from ccm_core.rules.testing.runner import run_case

MOST_FIELDS = 200
"""How many fields of one test are taken away."""

_WORSE: Mapping[str, str] = {
    "missing": "was never collected",
    "stale": "is stale",
    "partial": "lost a page",
    "unavailable": "is denied",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """A test of a rule from which something was taken away."""

    what: str
    """In words: ``without row.owner``."""
    test: RuleTest
    never_passes: bool
    """Whether it may not pass, even where the test did before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationResult:
    """What a rule said of a test before and after something was taken away."""

    pack: str
    rule: str
    test: str
    mutation: str
    before: str
    after: str
    lies: bool
    """Whether it passes although it was told less."""


def mutate(packs: CompiledPacks) -> tuple[MutationResult, ...]:
    """Mutate every test of every rule."""
    return tuple(
        result
        for pack in packs.packs
        for group in pack.groups
        for one in group.rules
        for test in one.rule.tests
        for result in _mutated(packs, pack.pack.name, one, test)
    )


def _mutated(
    packs: CompiledPacks, pack: str, one: CompiledRule, test: RuleTest
) -> Iterator[MutationResult]:
    before = run_case(packs, pack, one, test)
    for mutation in mutations(test, sorted({*packs.inputs[one.rule.over], *one.looked_up})):
        after = run_case(packs, pack, one, mutation.test)
        passes = after.got == Status.PASS
        yield MutationResult(
            pack=pack,
            rule=one.rule.id,
            test=test.name,
            mutation=mutation.what,
            before=before.got,
            after=after.got,
            lies=passes and (mutation.never_passes or before.got != Status.PASS),
        )


def mutations(test: RuleTest, kinds: Sequence[str]) -> Iterator[Mutation]:
    """Take away one thing after the other.

    Args:
        test: The test.
        kinds: The evidence kinds that the rule rests on.
    """
    yield from _evidence(test, kinds)
    yield from _fields(test)
    for name in sorted(test.lookups):
        left = {other: body for other, body in test.lookups.items() if other != name}
        yield Mutation(what=f"without {name}", test=replace(test, lookups=left), never_passes=False)


def _evidence(test: RuleTest, kinds: Sequence[str]) -> Iterator[Mutation]:
    for kind in kinds:
        for how, words in _WORSE.items():
            # A page that was lost takes rows along; the engine must notice by the outcome alone.
            rows = test.rows[: len(test.rows) // 2] if how == "partial" else test.rows
            changed = replace(test, evidence={**test.evidence, kind: how}, rows=rows)
            yield Mutation(what=f"{kind} {words}", test=changed, never_passes=True)


def _fields(test: RuleTest) -> Iterator[Mutation]:
    paths = [(number, path) for number, row in enumerate(test.rows) for path in _paths(row)]
    for number, path in paths[:MOST_FIELDS]:
        row = _without(test.rows[number], path)
        rows = (*test.rows[:number], row, *test.rows[number + 1 :])
        place = f" of row {number + 1}" if len(test.rows) > 1 else ""
        name = "row" + "".join(f"[{step}]" if type(step) is int else f".{step}" for step in path)
        yield Mutation(
            what=f"without {name}{place}", test=replace(test, rows=rows), never_passes=False
        )


_Steps = tuple[str | int, ...]


def _paths(value: Any, so_far: _Steps = ()) -> Iterator[_Steps]:
    """Give the path of every key, however deep."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield (*so_far, key)
            yield from _paths(below, (*so_far, key))
    elif isinstance(value, list):
        for place, below in enumerate(value):
            yield from _paths(below, (*so_far, place))


def _without(row: JsonObject, path: _Steps) -> JsonObject:
    copy = deepcopy(row)
    place: Any = copy
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return copy
