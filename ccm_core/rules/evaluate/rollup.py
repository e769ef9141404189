"""From results to rules to controls: the worst counts, and every subject is counted."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType

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
from ccm_core.rules.evaluate.automation import Automation, automation
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks

WORST_FIRST = (
    Status.ERROR,
    Status.FAIL,
    Status.INSUFFICIENT,
    Status.PASS,
    Status.NOT_APPLICABLE,
)


def worst(statuses: Iterable[Status]) -> Status:
    """Give the worst status; of nothing at all it is ``insufficient``."""
    found = set(statuses)
    return next((status for status in WORST_FIRST if status in found), Status.INSUFFICIENT)


_NONE: Mapping[Status, int] = MappingProxyType({})


def rule_result(
    pack: RulePack,
    rule: Rule,
    results: Sequence[Result],
    unjudged: int,
    in_order: tuple[Result, ...] = (),
    counts: Mapping[Status, int] = _NONE,
) -> RuleResult:
    """Roll up one rule.

    Args:
        pack: The rule's pack.
        rule: The rule.
        results: What it said, in any order.
        unjudged: Subjects that were not looked at one by one, because nothing could rest on
            their connection's evidence.
        in_order: What else it said, sorted by connection and subject, one of each; none is about
            a whole connection or population.
        counts: How many of those have which status.
    """
    return RuleResult(
        rule=rule.id,
        pack=pack.name,
        title=rule.title,
        severity=rule.severity,
        status=_status(results, counts),
        population=_population(results, counts, unjudged),
        controls=rule.controls,
        risk=rule.risk,
        remediation=rule.remediation,
        remediation_url=rule.remediation_url,
        results=_sorted(results, in_order),
    )


def _status(results: Sequence[Result], in_order: Iterable[Status]) -> Status:
    decide = deciding(results)
    # Where a share decides, no result on a single row does.
    rows = in_order if decide is results else ()
    return worst({*rows, *map(_STATUS, decide)})


def control_results(
    packs: CompiledPacks, rules: Mapping[str, RuleResult], since: datetime | None = None
) -> tuple[ControlResult, ...]:
    """Roll up the rules that support each control.

    Args:
        packs: The packs.
        rules: What each rule said, by id.
        since: When the period begins that is judged.
    """
    supporting: dict[tuple[str, str], set[str]] = {}
    problems: dict[tuple[str, str], set[str]] = {}
    for one in packs.packs:
        for rule in one.pack.rules:
            _note(one, rule, supporting, problems, since)
    return tuple(
        _control(
            key,
            sorted(ids),
            sorted(problems.get(key, ())),
            rules,
            automation((one.pack for one in packs.packs), *key),
        )
        for key, ids in sorted(supporting.items())
    )


def _note(
    one: CompiledPack,
    rule: Rule,
    supporting: dict[tuple[str, str], set[str]],
    problems: dict[tuple[str, str], set[str]],
    since: datetime | None,
) -> None:
    for control in rule.controls:
        supporting.setdefault((control.framework, control.id), set()).add(rule.id)
    for framework, control_id, text in one.control_problems(rule, since):
        problems.setdefault((framework, control_id), set()).add(text)


def _control(
    key: tuple[str, str],
    ids: Sequence[str],
    problems: Sequence[str],
    rules: Mapping[str, RuleResult],
    share: Automation,
) -> ControlResult:
    # A parameter that is too loose fails the mapping; the rule's own result stands.
    statuses = [rules[name].status for name in ids] + [Status.FAIL] * bool(problems)
    return ControlResult(
        framework=key[0],
        id=key[1],
        status=worst(statuses),
        rules=tuple(ids),
        problems=tuple(problems),
        automated=share.automated,
        manual_procedures=share.manual_procedures,
    )


def population(results: Sequence[Result]) -> Population:
    """Count the subjects of results; what is about all of a connection is no subject."""
    return _population(results, {}, 0)


def _population(
    results: Sequence[Result], in_order: Mapping[Status, int], unjudged: int
) -> Population:
    judged = [one for one in results if one.subject.kind not in (CONNECTION, POPULATION)]
    counts = Counter(in_order) + Counter(one.status for one in judged)
    return Population(
        known=counts.total() + unjudged,
        passed=counts[Status.PASS],
        failed=counts[Status.FAIL],
        insufficient=counts[Status.INSUFFICIENT] + unjudged,
        not_applicable=counts[Status.NOT_APPLICABLE],
        error=counts[Status.ERROR],
        waived=sum(one.status is Status.FAIL and one.waiver is not None for one in judged),
    )


def _sorted(results: Sequence[Result], in_order: tuple[Result, ...]) -> tuple[Result, ...]:
    """Sort everything; what is in order already is not looked at again where it can be helped."""
    if not results:
        return in_order
    if len(results) > _FEW:
        return tuple(sorted([*in_order, *results], key=_order))
    whole = list(in_order)
    for result in results:
        insort(whole, result, key=_order)
    return tuple(whole)


_FEW = 50
_STATUS = attrgetter("status")


def _order(result: Result) -> tuple[str, str, str, str, str, tuple[str, ...], str]:
    subject = result.subject
    return (
        result.connection,
        subject.kind,
        subject.key,
        result.status,
        result.reason,
        result.evidence_digests,
        result.due_at.isoformat() if result.due_at else "",
    )
