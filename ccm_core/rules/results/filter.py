"""Filters an evaluation by connection, control, severity and so on. Evaluates nothing again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from ccm_core.errors import UsageError
from ccm_core.model.evaluation.result import (
    CONNECTION,
    POPULATION,
    ControlResult,
    Evaluation,
    Result,
    RuleResult,
    Status,
    deciding,
)
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.rules.evaluate.rollup import control_status, population, worst
from ccm_core.rules.results.selected_results import selected_results

_MOST_NAMES = 30
"""Names in one message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFilter:
    """What to keep; an empty field keeps all."""

    connections: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    """As ``framework:id``."""
    frameworks: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    """Of results, as ``fail``."""
    owners: tuple[str, ...] = ()
    """Teams, in whatever case."""

    @property
    def phrases(self) -> tuple[str, ...]:
        """Return one phrase for each selection: ``control soc2:CC7.4``."""
        return (
            *(f"connection {name}" for name in self.connections),
            *(f"framework {name}" for name in self.frameworks),
            *(f"control {name}" for name in self.controls),
            *(f"severity {name}" for name in self.severities),
            *(f"status {name}" for name in self.statuses),
            *(f"owner {name}" for name in self.owners),
        )


NOTHING: Mapping[str, Collection[str]] = FrozenDict()


def filter_evaluation(
    evaluation: Evaluation,
    selection: ResultFilter,
    acting: Mapping[str, Collection[str]] = NOTHING,
) -> Evaluation:
    """Return the selected part of an evaluation.

    A control that is selected by itself or by its framework is kept, with the rules that support
    it. Of connections that are not selected, no result, sufficiency or name is kept; rules and
    controls are rolled up again from the rest, and those without a result in it are dropped.

    Severities, statuses and owners choose what is listed and change no conclusion: a rule keeps the
    status and the population, and a control the status, that they have with what is left out. What
    is of a whole connection or population concerns every owner.

    Args:
        evaluation: The evaluation.
        selection: What to keep.
        acting: Who has to act on results, by their ids, beside the owners of resources.

    Raises:
        UsageError: Something selected is not in the evaluation.
    """
    _refuse_unknown(evaluation, selection, acting)
    rules = {rule.rule: rule for rule in evaluation.rules}
    controls = [control for control in evaluation.controls if _is_selected(control, selection)]
    off = evaluation.switched_off
    if selection.controls or selection.frameworks:
        supporting = {name for control in controls for name in control.rules}
        without = {name for control in controls for name in control.switched_off}
        off = tuple(rule for rule in off if rule.rule in without)
        rules = {name: rule for name, rule in rules.items() if name in supporting}
    if selection.connections:
        rules = dict(_of_connections(rules, selection.connections))
        controls = [_rolled_up(control, rules) for control in controls if _remains(control, rules)]
    rules = dict(_listed(rules, selection, acting))
    if selection.severities or selection.statuses or selection.owners:
        controls = [control for control in controls if _remains(control, rules)]
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
        switched_off=off,
    )


def _refuse_unknown(
    evaluation: Evaluation, selection: ResultFilter, acting: Mapping[str, Collection[str]]
) -> None:
    selectable = {
        "connection": (selection.connections, set(evaluation.connections)),
        "control": (
            selection.controls,
            {f"{control.framework}:{control.id}" for control in evaluation.controls},
        ),
        "framework": (selection.frameworks, {control.framework for control in evaluation.controls}),
        "severity": (selection.severities, {severity.value for severity in Severity}),
        "status": (selection.statuses, {status.value for status in Status}),
    }
    mistakes = [
        unknown_name(noun, name, present)
        for noun, (selected, present) in selectable.items()
        for name in selected
        if name not in present
    ]
    mistakes += _unknown_owners(evaluation, selection.owners, acting)
    if mistakes:
        raise UsageError("\n".join(mistakes))


def unknown_name(noun: str, name: str, present: Collection[str]) -> str:
    """Return that a name to select by is not there, with those that are."""
    names = sorted(present)
    more = f" and {len(names) - _MOST_NAMES} more" if names[_MOST_NAMES:] else ""
    listed = ", ".join(names[:_MOST_NAMES]) or "none"
    return f"{noun} {name!r} not found in this evaluation; it has: {listed}{more}"


def owners_of(evaluation: Evaluation) -> set[str]:
    """Return every team that owns a resource in an evaluation."""
    subjects = (result.subject for rule in evaluation.rules for result in rule.results)
    return {name for subject in subjects for name in subject.owners}


def _unknown_owners(
    evaluation: Evaluation, owners: Iterable[str], acting: Mapping[str, Collection[str]]
) -> list[str]:
    if not owners:
        return []
    teams = owners_of(evaluation).union(*acting.values())
    known = {name.casefold() for name in teams}
    return [unknown_name("owner", name, teams) for name in owners if name.casefold() not in known]


def _listed(
    rules: Mapping[str, RuleResult],
    selection: ResultFilter,
    acting: Mapping[str, Collection[str]],
) -> Iterator[tuple[str, RuleResult]]:
    """Yield the rules of the selected severities, each with the results to list of it.

    A rule without results stands for itself; one of which no result is listed is left out.
    """
    owners = {name.casefold() for name in selection.owners}
    for name, rule in rules.items():
        if selection.severities and rule.severity.value not in selection.severities:
            continue
        if not selection.statuses and not owners:
            yield name, rule
            continue
        results = selected_results(
            rule.results,
            lambda result: (
                (not selection.statuses or result.status.value in selection.statuses)
                and (not owners or _concerns(result, owners, acting.get(result.id, ())))
            ),
        )
        is_whole = not rule.results and (
            not selection.statuses or rule.status.value in selection.statuses
        )
        if results or is_whole:
            is_cut = len(results) < len(rule.results)
            yield name, replace(rule, results=results) if is_cut else rule


def _concerns(result: Result, owners: Collection[str], acting: Collection[str]) -> bool:
    """Return whether one of the owners owns it or acts on it, or it is of all of a connection."""
    subject = result.subject
    is_whole = subject.kind in (CONNECTION, POPULATION)
    return is_whole or any(name.casefold() in owners for name in (*subject.owners, *acting))


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
        results = selected_results(rule.results, lambda result: result.connection in connections)
        if len(results) == len(rule.results):
            yield name, rule
        elif results:
            status = worst(result.status for result in deciding(results))
            yield (
                name,
                replace(rule, results=results, status=status, population=population(results)),
            )


def _rolled_up(control: ControlResult, rules: dict[str, RuleResult]) -> ControlResult:
    if control.scope is not None:
        return control  # what of it is in scope is known of all connections together
    statuses = (rules[name].status for name in control.rules if name in rules)
    status = control_status(statuses, control.problems, control.switched_off)
    return replace(control, status=status)


def _remains(control: ControlResult, rules: Mapping[str, RuleResult]) -> bool:
    """Return whether a rule of a control is left, or none ever was: all are switched off."""
    return not control.rules or not rules.keys().isdisjoint(control.rules)
