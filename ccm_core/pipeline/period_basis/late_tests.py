"""Which tests were made late, with what was in force then and when they were made. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from ccm_core.model.evaluation.made_evaluation import MadeEvaluation
from ccm_core.model.period_basis import DesignDifference, LateItem, LateTest, TestMade
from ccm_core.pipeline.period_basis.in_force import InForce

_ABOUT_TESTS = frozenset(
    {"parameter", "pack", "risk acceptance", "severity", "scope", "check switched off"}
)
"""What decides on results; versions and cadences are among the changes of the tests."""


def tests_made(
    evaluations: Sequence[MadeEvaluation],
    rules: AbstractSet[str],
    rules_of: Mapping[str, AbstractSet[str]],
) -> Iterator[TestMade]:
    """Yield when the evaluations of each test were made.

    Args:
        evaluations: Those of the period, and those that close it.
        rules: The tests.
        rules_of: By the digest of inputs: the rules that were evaluated.
    """
    for rule in sorted(rules):
        every = [
            one
            for one in evaluations
            if one.inputs is not None and rule in rules_of.get(one.inputs, ())
        ]
        made = [one.made_at for one in every if one.made_at is not None]
        yield TestMade(
            rule=rule,
            evaluations=len(every),
            of_past=sum(one.of_past for one in every),
            first_made_at=min(made, default=None),
            last_made_at=max(made, default=None),
            longest_delay=max(
                (
                    (one.made_at - one.evaluated_at).total_seconds()
                    for one in every
                    if one.made_at is not None
                ),
                default=0,
            ),
        )


def late_items(
    items: Iterable[LateItem], stages: Sequence[InForce], packs: Mapping[str, str]
) -> Iterator[LateTest]:
    """Yield the tests that evaluations made late of their own moment.

    Args:
        items: What was tested late.
        stages: What evaluations were made with, in order of time.
        packs: The pack of each test.
    """
    moments = [stage.since for stage in stages]
    groups: dict[tuple[str, int, int], list[LateItem]] = {}
    for item in items:
        then, made = (bisect_right(moments, at) - 1 for at in (item.since, item.tested_at))
        groups.setdefault((item.rule, then, made), []).append(item)
    for (rule, then, made), some in sorted(groups.items(), key=lambda group: group[0]):
        yield LateTest(
            rule=rule,
            items=len(some),
            since=min(item.since for item in some),
            made_at=max(item.tested_at for item in some),
            is_known=min(then, made) >= 0,
            differences=tuple(differences(stages[then], stages[made], rule, packs.get(rule, "")))
            if min(then, made) >= 0
            else (),
        )


def late_evaluations(
    evaluations: Iterable[MadeEvaluation],
    stages: Sequence[InForce],
    of_evaluation: Mapping[str, InForce],
) -> Iterator[LateTest]:
    """Yield the evaluations that were made of a past moment, each as a test of everything.

    Args:
        evaluations: Those of the period, and those that close it.
        stages: What evaluations of their own moment were made with, in order of time.
        of_evaluation: What those of a past moment were made with, by their digests.
    """
    moments = [stage.since for stage in stages]
    for one in evaluations:
        if not one.of_past:
            continue
        then = bisect_right(moments, one.evaluated_at) - 1
        made = of_evaluation.get(one.digest)
        yield LateTest(
            rule="",
            items=0,
            since=one.evaluated_at,
            made_at=one.made_at or one.evaluated_at,
            is_known=then >= 0 and made is not None and one.made_at is not None,
            differences=tuple(differences(stages[then], made))
            if then >= 0 and made is not None
            else (),
        )


def differences(
    then: InForce, made: InForce, rule: str | None = None, pack: str = ""
) -> Iterator[DesignDifference]:
    """Yield what decides on a test and differs; without a rule, on any test."""
    before, after = then.named, made.named
    waivers = {one.id: one for stage in (then, made) for one in stage.inputs.waivers}
    for what, name in sorted(before.keys() | after.keys()):
        if before.get((what, name)) == after.get((what, name)) or what not in _ABOUT_TESTS:
            continue
        if rule is not None and what in {"parameter", "pack"} and name.split(" ")[0] != pack:
            continue
        if rule is not None and what == "severity" and name != rule:
            continue
        if rule is not None and what == "risk acceptance" and rule not in waivers[name].rules:
            continue
        yield DesignDifference(
            what=what,
            name=name,
            then=before.get((what, name), ""),
            when_made=after.get((what, name), ""),
        )
