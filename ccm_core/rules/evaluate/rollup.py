"""Rolls results up to rules and controls: the worst status wins, and every subject is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import (
    CONNECTION,
    POPULATION,
    ControlResult,
    Population,
    Result,
    RuleResult,
    Status,
    deciding,
)
from ccm_core.model.evaluation.rule import Rule, RulePack
from ccm_core.model.evaluation.rule_choices import SwitchedOff
from ccm_core.rules.choices.control_scopes import control_scope, status_in_scope
from ccm_core.rules.evaluate.automation_coverage import Automation, automation

if TYPE_CHECKING:
    from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks

WORST_FIRST = (
    Status.ERROR,
    Status.FAIL,
    Status.INSUFFICIENT,
    Status.PASS,
    Status.NOT_APPLICABLE,
)


def worst(statuses: Iterable[Status]) -> Status:
    """Return the worst status; ``insufficient`` where there is none."""
    present = set(statuses)
    return next((status for status in WORST_FIRST if status in present), Status.INSUFFICIENT)


def rule_result(
    pack: RulePack, rule: Rule, results: Sequence[Result], unevaluated: int
) -> RuleResult:
    """Roll up one rule.

    Args:
        pack: The rule's pack.
        rule: The rule.
        results: Results in any order.
        unevaluated: Subjects that were not evaluated one by one, because their connection's
            evidence is insufficient.
    """
    return RuleResult(
        rule=rule.id,
        pack=pack.name,
        over=rule.over,
        title=rule.title,
        severity=rule.severity,
        status=worst(result.status for result in deciding(results)),
        population=population(results, unevaluated),
        controls=rule.controls,
        risk=rule.risk,
        remediation=rule.remediation,
        remediation_url=rule.remediation_url,
        results=tuple(sorted(results, key=_order)),
    )


def control_results(
    packs: CompiledPacks, rules: Mapping[str, RuleResult], since: datetime | None = None
) -> tuple[ControlResult, ...]:
    """Roll up the rules that support each control.

    Args:
        packs: The packs.
        rules: The result of each rule, by id.
        since: When the evaluated period begins.
    """
    supporting: dict[tuple[str, str], set[str]] = {}
    problems: dict[tuple[str, str], set[str]] = {}
    for pack in packs.packs:
        for rule in pack.pack.rules:
            _add_rule(pack, rule, supporting, problems, since)
    off = _switched_off(packs.switched_off)
    scoped = {scope.framework for scope in packs.scopes}
    for key in off:
        supporting.setdefault(key, set())
    return tuple(
        _control(
            key,
            sorted(ids),
            sorted(problems.get(key, ())),
            rules,
            automation((pack.pack for pack in packs.packs), *key),
            off.get(key, ()),
            is_scoped=key[0] in scoped,
        )
        for key, ids in sorted(supporting.items())
    )


def _switched_off(rules: Iterable[SwitchedOff]) -> Mapping[tuple[str, str], Sequence[str]]:
    """Return the rules that are switched off, by the framework and id of what they support."""
    off: dict[tuple[str, str], list[str]] = {}
    for rule in rules:
        for name in rule.controls:
            framework, _, control = name.partition(":")
            off.setdefault((framework, control), []).append(rule.rule)
    return off


def _add_rule(
    pack: CompiledPack,
    rule: Rule,
    supporting: dict[tuple[str, str], set[str]],
    problems: dict[tuple[str, str], set[str]],
    since: datetime | None,
) -> None:
    for control in rule.controls:
        supporting.setdefault((control.framework, control.id), set()).add(rule.id)
    for framework, control_id, text in pack.control_problems(rule, since):
        problems.setdefault((framework, control_id), set()).add(text)


def _control(
    key: tuple[str, str],
    ids: Sequence[str],
    problems: Sequence[str],
    rules: Mapping[str, RuleResult],
    coverage: Automation,
    off: Sequence[str],
    *,
    is_scoped: bool,
) -> ControlResult:
    statuses = [status_in_scope(rules[name], key[0]) for name in ids]
    known = [status for status in statuses if status is not None]
    nothing = [Status.NOT_APPLICABLE] * bool(ids and not known)
    return ControlResult(
        framework=key[0],
        id=key[1],
        status=control_status([*known, *nothing], problems, off),
        rules=tuple(ids),
        problems=tuple(problems),
        automated=coverage.automated,
        manual_procedures=coverage.manual_procedures,
        switched_off=tuple(off),
        scope=control_scope((rules[name] for name in ids), key[0]) if is_scoped else None,
    )


def control_status(
    statuses: Iterable[Status], problems: Collection[str], off: Collection[str]
) -> Status:
    """Return the status of a control.

    A parameter that is too loose fails the mapping; the rule's own result stands. What a rule that
    is switched off would say is not known: with one, a control is inconclusive at best.

    Args:
        statuses: Those of the rules that support it.
        problems: Such as parameters that are too loose.
        off: The rules that support it and are switched off.
    """
    failed, unknown = [Status.FAIL] * bool(problems), [Status.INSUFFICIENT] * bool(off)
    return worst([*statuses, *failed, *unknown])


def population(results: Sequence[Result], unevaluated: int = 0) -> Population:
    """Count the subjects of results; a connection or a population is no subject.

    Args:
        results: The results.
        unevaluated: Subjects without one, whose evidence is insufficient.
    """
    subjects = [result for result in results if result.subject.kind not in (CONNECTION, POPULATION)]
    counts = Counter(result.status for result in subjects)
    return Population(
        total=counts.total() + unevaluated,
        passed=counts[Status.PASS],
        failed=counts[Status.FAIL],
        insufficient=counts[Status.INSUFFICIENT] + unevaluated,
        not_applicable=counts[Status.NOT_APPLICABLE],
        error=counts[Status.ERROR],
        waived=sum(
            result.status is Status.FAIL and result.waiver is not None for result in subjects
        ),
    )


def _order(result: Result) -> tuple[str, str, str, str, str]:
    subject = result.subject
    return (result.connection, subject.kind, subject.key, result.status, result.reason)
