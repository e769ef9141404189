"""Filters findings by state, connection, control, severity, status and owner. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ccm_core.errors import UsageError
from ccm_core.model.evaluation.finding import Finding, FindingState
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.rules.results.filter import owners_of, unknown_name


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFilter:
    """What to keep; an empty field keeps all."""

    states: frozenset[FindingState] = frozenset()
    connections: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    """As ``framework:id``."""
    severities: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    """Of the rule on the resource in the last evaluation, as ``fail``."""
    owners: tuple[str, ...] = ()
    """Teams, in whatever case."""

    @property
    def phrases(self) -> tuple[str, ...]:
        """Return one phrase for each selection, beside that of states: ``severity high``."""
        selected = {
            "connection": self.connections,
            "control": self.controls,
            "severity": self.severities,
            "status": self.statuses,
            "owner": self.owners,
        }
        return tuple(f"{noun} {name}" for noun, names in selected.items() for name in names)


def filter_findings(
    findings: Sequence[Finding], evaluation: Evaluation | None, selection: FindingFilter
) -> tuple[Finding, ...]:
    """Return the selected findings, in their order.

    Args:
        findings: All of them.
        evaluation: The last one, which knows controls and statuses; None: there was none.
        selection: What to keep.

    Raises:
        UsageError: A connection, a control or a team is in neither of them.
    """
    _refuse_unknown(findings, evaluation, selection)
    owners = {name.casefold() for name in selection.owners}
    controls = _controls(evaluation)
    statuses = _statuses(evaluation) if selection.statuses else {}
    return tuple(
        finding
        for finding in findings
        if _is_any(finding.state, selection.states)
        and _is_any(finding.connection, selection.connections)
        and _is_any(finding.severity, selection.severities)
        and _is_any(statuses.get(finding.id), selection.statuses)
        and (not selection.controls or {*selection.controls} & controls.get(finding.rule, set()))
        and (not owners or owners & {name.casefold() for name in finding.subject.owners})
    )


def _is_any(value: str | None, selected: Collection[str]) -> bool:
    return not selected or value in selected


def _controls(evaluation: Evaluation | None) -> Mapping[str, set[str]]:
    """Return the controls that each rule supports."""
    rules = evaluation.rules if evaluation else ()
    return {
        rule.rule: {f"{control.framework}:{control.id}" for control in rule.controls}
        for rule in rules
    }


def _statuses(evaluation: Evaluation | None) -> Mapping[str, str]:
    """Return the status of each result, by its id."""
    rules = evaluation.rules if evaluation else ()
    return {result.id: result.status.value for rule in rules for result in rule.results}


def _refuse_unknown(
    findings: Iterable[Finding], evaluation: Evaluation | None, selection: FindingFilter
) -> None:
    mistakes: list[str] = []
    if selection.connections:
        known = {finding.connection for finding in findings} - {""}
        known |= {*evaluation.connections} if evaluation else set()
        mistakes += _unknown("connection", selection.connections, known)
    if selection.controls:
        controls = {name for names in _controls(evaluation).values() for name in names}
        mistakes += _unknown("control", selection.controls, controls)
    if selection.owners:
        teams = {name for finding in findings for name in finding.subject.owners}
        teams |= owners_of(evaluation) if evaluation else set()
        mistakes += _unknown("owner", selection.owners, teams)
    if mistakes:
        raise UsageError("\n".join(mistakes))


def _unknown(noun: str, selected: Iterable[str], known: Collection[str]) -> list[str]:
    """Return a mistake for each name that is not known; teams are known in whatever case."""
    is_team = noun == "owner"
    names = {name.casefold() for name in known} if is_team else known
    return [
        unknown_name(noun, name, known)
        for name in selected
        if (name.casefold() if is_team else name) not in names
    ]
