"""Filters an evaluation by connection, control or framework. Nothing is evaluated again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ccm_core.errors import UsageError
from ccm_core.model.evaluation.result import ControlResult, Evaluation, RuleResult, Status, deciding
from ccm_core.rules.evaluate.rollup import population, worst


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFilter:
    """Connections, controls and frameworks to keep; an empty field keeps all."""

    connections: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    """As ``framework:id``."""
    frameworks: tuple[str, ...] = ()

    @property
    def phrases(self) -> tuple[str, ...]:
        """Return one phrase for each selection: ``control soc2:CC7.4``."""
        return (
            *(f"connection {name}" for name in self.connections),
            *(f"framework {name}" for name in self.frameworks),
            *(f"control {name}" for name in self.controls),
        )


def filter_evaluation(evaluation: Evaluation, selection: ResultFilter) -> Evaluation:
    """Return the selected part of an evaluation.

    A control that is selected by itself or by its framework is kept, with the rules that support
    it. Of connections that are not selected, no result, sufficiency or name is kept; rules and
    controls are rolled up again from the rest, and those without a result in it are dropped.

    Raises:
        UsageError: Something selected is not in the evaluation.
    """
    _refuse_unknown(evaluation, selection)
    rules = {rule.rule: rule for rule in evaluation.rules}
    controls = [control for control in evaluation.controls if _is_selected(control, selection)]
    if selection.controls or selection.frameworks:
        supporting = {name for control in controls for name in control.rules}
        rules = {name: rule for name, rule in rules.items() if name in supporting}
    if selection.connections:
        rules = dict(_of_connections(rules, selection.connections))
        controls = [
            _rolled_up(control, rules) for control in controls if {*control.rules} & {*rules}
        ]
    return replace(
        evaluation,
        connections=tuple(_selected_connections(evaluation.connections, selection)),
        sufficiency=tuple(
            kind
            for kind in evaluation.sufficiency
            if not selection.connections or kind.connection in selection.connections
        ),
        rules=tuple(rules.values()),
        controls=tuple(controls),
    )


def _refuse_unknown(evaluation: Evaluation, selection: ResultFilter) -> None:
    selectable = {
        "connection": (selection.connections, set(evaluation.connections)),
        "control": (
            selection.controls,
            {f"{control.framework}:{control.id}" for control in evaluation.controls},
        ),
        "framework": (selection.frameworks, {control.framework for control in evaluation.controls}),
    }
    mistakes = [
        f"{noun} {name!r} not found in this evaluation; it has: "
        f"{', '.join(sorted(present)) or 'none'}"
        for noun, (selected, present) in selectable.items()
        for name in selected
        if name not in present
    ]
    if mistakes:
        raise UsageError("\n".join(mistakes))


def _is_selected(control: ControlResult, selection: ResultFilter) -> bool:
    if not selection.controls and not selection.frameworks:
        return True
    is_named = f"{control.framework}:{control.id}" in selection.controls
    return is_named or control.framework in selection.frameworks


def _selected_connections(connections: Iterable[str], selection: ResultFilter) -> Iterable[str]:
    return (
        name for name in connections if not selection.connections or name in selection.connections
    )


def _of_connections(
    rules: dict[str, RuleResult], connections: tuple[str, ...]
) -> Iterator[tuple[str, RuleResult]]:
    """Yield the rules with results on these connections, with those results.

    Subjects that were not evaluated one by one have no result: they are no longer counted, since
    it is not known which connection they belonged to.
    """
    for name, rule in rules.items():
        results = tuple(result for result in rule.results if result.connection in connections)
        if len(results) == len(rule.results):
            yield name, rule
        elif results:
            status = worst(result.status for result in deciding(results))
            yield (
                name,
                replace(rule, results=results, status=status, population=population(results)),
            )


def _rolled_up(control: ControlResult, rules: dict[str, RuleResult]) -> ControlResult:
    statuses = [rules[name].status for name in control.rules if name in rules]
    return replace(control, status=worst([*statuses, *[Status.FAIL] * bool(control.problems)]))
