"""Narrowing an evaluation to some connections, controls or frameworks. Nothing is judged anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ccm_core.errors import UsageError
from ccm_core.model.evaluation.result import ControlResult, Evaluation, RuleResult, Status, deciding
from ccm_core.rules.evaluate.rollup import population, worst


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFilter:
    """Which part of an evaluation is wanted; what is empty leaves nothing out."""

    connections: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    """As ``framework:id``."""
    frameworks: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Say what is wanted, one phrase for each: ``control soc2:CC7.4``."""
        return (
            *(f"connection {one}" for one in self.connections),
            *(f"framework {one}" for one in self.frameworks),
            *(f"control {one}" for one in self.controls),
        )


def filter_evaluation(evaluation: Evaluation, part: ResultFilter) -> Evaluation:
    """Give the part of an evaluation that is wanted.

    A control that is asked for by itself or by its framework stays, with the rules that support
    it. Of connections that are left out, no result, standing or name stays; rules and controls
    are rolled up again from what does, and those that say nothing of the others go.

    Raises:
        UsageError: Something wanted is not in the evaluation.
    """
    _refuse_unknown(evaluation, part)
    rules = {one.rule: one for one in evaluation.rules}
    controls = [one for one in evaluation.controls if _wanted(one, part)]
    if part.controls or part.frameworks:
        supporting = {name for one in controls for name in one.rules}
        rules = {name: one for name, one in rules.items() if name in supporting}
    if part.connections:
        rules = dict(_of_connections(rules, part.connections))
        controls = [_rolled_up(one, rules) for one in controls if {*one.rules} & {*rules}]
    return replace(
        evaluation,
        connections=tuple(_kept(evaluation.connections, part)),
        sufficiency=tuple(
            one
            for one in evaluation.sufficiency
            if not part.connections or one.connection in part.connections
        ),
        rules=tuple(rules.values()),
        controls=tuple(controls),
    )


def _refuse_unknown(evaluation: Evaluation, part: ResultFilter) -> None:
    known = {
        "connection": (part.connections, set(evaluation.connections)),
        "control": (part.controls, {f"{one.framework}:{one.id}" for one in evaluation.controls}),
        "framework": (part.frameworks, {one.framework for one in evaluation.controls}),
    }
    mistakes = [
        f"no {noun} {one!r} in this evaluation; it has: {', '.join(sorted(there)) or 'none'}"
        for noun, (wanted, there) in known.items()
        for one in wanted
        if one not in there
    ]
    if mistakes:
        raise UsageError("\n".join(mistakes))


def _wanted(control: ControlResult, part: ResultFilter) -> bool:
    if not part.controls and not part.frameworks:
        return True
    named = f"{control.framework}:{control.id}" in part.controls
    return named or control.framework in part.frameworks


def _kept(connections: Iterable[str], part: ResultFilter) -> Iterable[str]:
    return (one for one in connections if not part.connections or one in part.connections)


def _of_connections(
    rules: dict[str, RuleResult], connections: tuple[str, ...]
) -> Iterator[tuple[str, RuleResult]]:
    """Give the rules that say something of these connections, with what they say of them.

    Subjects that were not looked at one by one have no result: they are no longer counted, since
    nobody can tell any more whose they were.
    """
    for name, rule in rules.items():
        results = tuple(one for one in rule.results if one.connection in connections)
        if len(results) == len(rule.results):
            yield name, rule
        elif results:
            status = worst(one.status for one in deciding(results))
            counted = population(results)
            yield name, replace(rule, results=results, status=status, population=counted)


def _rolled_up(control: ControlResult, rules: dict[str, RuleResult]) -> ControlResult:
    statuses = [rules[name].status for name in control.rules if name in rules]
    return replace(control, status=worst([*statuses, *[Status.FAIL] * bool(control.problems)]))
