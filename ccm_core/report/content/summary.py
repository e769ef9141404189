"""The numbers and the order of a report, computed once for every format."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import POPULATION, KindSufficiency, Result, RuleResult, Status
from ccm_core.model.evaluation.rule import PackPurpose
from ccm_core.model.evidence.collection import Shortfall
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content import phrases
from ccm_core.report.content.credential_age import rotation_step
from ccm_core.report.content.evidence_limits import (
    accepted_gaps,
    evidence_limits,
    is_limited_only,
)
from ccm_core.report.content.finding_list import FindingList, finding_list
from ccm_core.report.content.inconclusive_reasons import (
    INCONCLUSIVE,
    InconclusiveReason,
    InsufficientKinds,
    inconclusive_reasons,
    insufficient_kinds,
    is_whole,
)
from ccm_core.report.content.result_findings import NO_FINDINGS, ResultFindings, result_findings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from ccm_core.model.evaluation.result import AppliedPack, Evaluation
    from ccm_core.report.types import ReportInput

_VERDICT_ORDER = (
    Status.PASS,
    Status.FAIL,
    Status.INSUFFICIENT,
    Status.ERROR,
    Status.NOT_APPLICABLE,
)
_FIXES_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCount:
    """How many checks have one status, and its words in the headline."""

    status: Status
    number: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSummary:
    """One rule as a report shows it: as a check."""

    rule: RuleResult
    population: str
    """In words: ``3 of 60 applicable failed, 2 risk accepted``."""
    short_population: str
    """The same, shorter: ``3 of 60 failed, 2 risk accepted``."""
    failing: tuple[Result, ...] = ()
    """Failing results, those without a waiver first."""
    more_failing: int = 0
    """How many more there are, where a page cannot draw them all."""
    filtered_failing: int = 0
    """How many more there are in the evaluation, of which this report is a part."""
    reasons: tuple[InconclusiveReason, ...] = ()
    more_reasons: int = 0
    """How many more there are, where a page cannot draw them all."""
    filtered_inconclusive: int = 0
    """How many more resources are inconclusive in the evaluation, of which this is a part."""
    due_next: datetime | None = None
    """When the first resource falls due that is not due yet."""
    remarks: tuple[str, ...] = ()
    """What a passing check states of all resources together."""
    finding_of: ResultFindings = NO_FINDINGS
    """The finding of each of its results."""

    @property
    def all_waived(self) -> bool:
        """Whether a waiver covers every failing resource."""
        return bool(self.failing) and all(result.waiver for result in self.failing)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProblem:
    """A shortfall of a whole run."""

    connection: str
    shortfall: Shortfall


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What every report shows first."""

    evaluated_at: datetime
    connections: tuple[str, ...]
    scope: tuple[str, ...]
    """Which part of the evaluation this is; empty: all of it."""
    narrowing: tuple[str, ...]
    """What settings leave out of the evaluation."""
    limits: tuple[str, ...]
    """Why objects may be missing from the evidence of a connection, which no check then passes."""
    accepted: tuple[str, ...]
    """What is not available, which is accepted for a reason."""
    headline: str
    """Such as ``7 passed, 28 failed, 3 inconclusive (insufficient evidence)``: the checks of the
    company alone."""
    counts: tuple[StatusCount, ...]
    """The headline by status; statuses that no check has are left out."""
    total: int
    """How many checks of the company there are."""
    monitoring_headline: str
    """The checks of the health of monitoring, beside the headline; empty: there are none."""
    findings: FindingList
    finding_of: ResultFindings
    """The finding of each result."""
    failing: tuple[RuleSummary, ...]
    """Checks with something to fix, the most severe first."""
    inconclusive: tuple[RuleSummary, ...]
    """Checks with insufficient evidence or an error."""
    partly_inconclusive: tuple[RuleSummary, ...]
    """Checks with a result that some resources still lack."""
    passing: tuple[RuleSummary, ...]
    not_applicable: tuple[RuleSummary, ...]
    monitoring: tuple[RuleSummary, ...]
    """Checks of the health of monitoring, whatever their status; the lists above have none."""
    collection_problems: tuple[KindSufficiency, ...]
    """Evidence that is not sufficient, for all objects or for some."""
    run_problems: tuple[RunProblem, ...]
    plugin_failures: tuple[str, ...]
    next_steps: tuple[str, ...]

    @property
    def has_inconclusive(self) -> bool:
        """Whether a check is inconclusive, for all resources or for some."""
        unhealthy = any(entry.reasons for entry in self.monitoring)
        return bool(self.inconclusive or self.partly_inconclusive or unhealthy)

    def count_of(self, status: Status) -> int:
        """Return how many checks have a status."""
        return sum(count.number for count in self.counts if count.status == status)


def summary(inputs: ReportInput) -> Summary:
    """Count, sort and word what a report shows."""
    evaluation = inputs.evaluation
    insufficient = insufficient_kinds(evaluation.sufficiency)
    finding_of = result_findings(inputs)
    rules = sorted(
        (
            _rule(rule, insufficient, finding_of, filtered=bool(inputs.scope))
            for rule in evaluation.rules
        ),
        key=_rank,
    )
    of_monitoring, of_company = rules_by_purpose(evaluation)
    counts = status_counts(of_company)
    monitoring, company = _by_purpose(rules, evaluation.packs)
    failing = tuple(entry for entry in company if _fails(entry.rule))
    inconclusive = tuple(entry for entry in company if entry.rule.status in INCONCLUSIVE)
    collection_problems = tuple(
        kind
        for kind in evaluation.sufficiency
        if (kind.problem or kind.shortfalls) and not kind.accepted and not is_limited_only(kind)
    )
    run_problems = tuple(
        RunProblem(connection=manifest.connection, shortfall=shortfall)
        for manifest in inputs.manifests
        for shortfall in manifest.shortfalls
    )
    return Summary(
        evaluated_at=evaluation.evaluated_at,
        connections=evaluation.connections,
        scope=tuple(inputs.scope),
        narrowing=evaluation.narrowing,
        limits=evidence_limits(evaluation.sufficiency),
        accepted=accepted_gaps(evaluation.sufficiency),
        headline=headline(counts),
        counts=counts,
        total=len(of_company),
        monitoring_headline=monitoring_headline(status_counts(of_monitoring)),
        findings=finding_list(inputs),
        finding_of=finding_of,
        failing=failing,
        inconclusive=inconclusive,
        partly_inconclusive=tuple(
            entry for entry in company if entry.reasons and entry.rule.status not in INCONCLUSIVE
        ),
        passing=tuple(entry for entry in company if entry.rule.status is Status.PASS),
        not_applicable=tuple(
            entry for entry in company if entry.rule.status is Status.NOT_APPLICABLE
        ),
        monitoring=monitoring,
        collection_problems=collection_problems,
        run_problems=run_problems,
        plugin_failures=evaluation.plugin_failures,
        next_steps=(
            *(f"Fix the plugin: {failure}" for failure in evaluation.plugin_failures),
            *_fixes([*failing, *(entry for entry in monitoring if _fails(entry.rule))]),
            *_rotations(inputs),
            *_widen(evaluation.sufficiency),
            *_collect_again(rules, len(collection_problems) + len(run_problems)),
        ),
    )


def _by_purpose(
    rules: Sequence[RuleSummary], packs: Sequence[AppliedPack]
) -> tuple[tuple[RuleSummary, ...], tuple[RuleSummary, ...]]:
    """Return the checks of the health of monitoring, and those of the company's controls."""
    names = monitoring_packs(packs)
    monitoring = tuple(entry for entry in rules if entry.rule.pack in names)
    return monitoring, tuple(entry for entry in rules if entry.rule.pack not in names)


def rules_by_purpose(
    evaluation: Evaluation,
) -> tuple[Sequence[RuleResult], Sequence[RuleResult]]:
    """Return the rules of the health of monitoring, and those of the company's controls."""
    names = monitoring_packs(evaluation.packs)
    monitoring = [rule for rule in evaluation.rules if rule.pack in names]
    return monitoring, [rule for rule in evaluation.rules if rule.pack not in names]


def monitoring_packs(packs: Sequence[AppliedPack]) -> AbstractSet[str]:
    """Return the names of the packs that check the health of monitoring."""
    return {pack.name for pack in packs if pack.purpose is PackPurpose.MONITORING}


def monitoring_headline(counts: Sequence[StatusCount]) -> str:
    """Return the counts of the checks of monitoring in words; empty: there are none."""
    return f"Health of monitoring: {headline(counts)}" if counts else ""


def headline(counts: Sequence[StatusCount]) -> str:
    """Return the counts of checks by status in words."""
    return ", ".join(count.words for count in counts) or "No check was tested"


def status_counts(rules: Sequence[RuleResult]) -> tuple[StatusCount, ...]:
    """Count the checks by status; statuses that no check has are left out."""
    counts = []
    for status in _VERDICT_ORDER:
        number = sum(rule.status is status for rule in rules)
        if number:
            words = f"{number:,} {phrases.headline(status)}"
            counts.append(StatusCount(status=status, number=number, words=words))
    return tuple(counts)


def _rule(
    rule: RuleResult,
    insufficient: InsufficientKinds,
    finding_of: ResultFindings,
    *,
    filtered: bool,
) -> RuleSummary:
    failing = [_without_title(result) for result in rule.results if result.status is Status.FAIL]
    due = [result.due_at for result in rule.results if result.due_at is not None]
    left_out = _filtered(rule) if filtered else (0, 0)
    return RuleSummary(
        rule=rule,
        population=_population(rule, "applicable "),
        short_population=_population(rule, ""),
        failing=tuple(sorted(failing, key=_subject_rank)),
        reasons=inconclusive_reasons(rule.results, insufficient),
        filtered_failing=left_out[0],
        filtered_inconclusive=left_out[1],
        finding_of=finding_of,
        due_next=min(due, default=None),
        remarks=_remarks(rule),
    )


def _without_title(result: Result) -> Result:
    """Leave the resource's name out of the reason: every format shows it beside."""
    reason = phrases.untitled(result.reason, result.subject.title)
    return result if reason == result.reason else replace(result, reason=reason)


def _remarks(rule: RuleResult) -> tuple[str, ...]:
    settled = (
        result for result in rule.results if result.status in (Status.PASS, Status.NOT_APPLICABLE)
    )
    remarks = dict.fromkeys(_remark(result) for result in settled if is_whole(result))
    return tuple(remark for remark in remarks if remark != rule.title)


def _remark(result: Result) -> str:
    if result.subject.kind == POPULATION:
        return f"{result.subject.title}: {result.reason}"
    return result.reason


def _fails(rule: RuleResult) -> bool:
    return rule.status is Status.FAIL or (
        rule.population.failed > 0 and rule.status in INCONCLUSIVE
    )


def _rank(entry: RuleSummary) -> tuple[int, int, int, str, str]:
    open_failures = entry.rule.population.failed - entry.rule.population.waived
    severity = phrases.SEVERITIES.index(entry.rule.severity)
    return (entry.all_waived, severity, -open_failures, entry.rule.title, entry.rule.rule)


def _subject_rank(result: Result) -> tuple[bool, bool, str, str, str]:
    subject = result.subject
    single = not is_whole(result)
    return (bool(result.waiver), single, result.connection, subject.title, subject.key)


def _population(rule: RuleResult, qualifier: str) -> str:
    """Word a population; the first number is shown against what the check applies to."""
    population = rule.population
    is_tested = population.passed or population.failed or population.not_applicable
    if (
        rule.results
        and not is_tested
        and all(result.status in INCONCLUSIVE and is_whole(result) for result in rule.results)
    ):
        return f"none of {population.total:,} tested" if population.total else "not tested"
    if not population.total:
        whole = rule.results and all(map(is_whole, rule.results))
        return "whole connection" if whole else "no resources"
    counts = [(number, words) for number, words in _population_counts(rule) if number]
    applicable = population.total - population.not_applicable
    texts = [f"{number:,} {words}" for number, words in counts]
    if counts and applicable and counts[0][1] != phrases.STATUS[Status.NOT_APPLICABLE]:
        number, words = counts[0]
        texts[0] = f"{number:,} of {applicable:,} {qualifier}{words}"
    return ", ".join(texts) or phrases.count(population.total, "resource")


def _population_counts(rule: RuleResult) -> tuple[tuple[int, str], ...]:
    """Return the numbers of a population with their words, the deciding status first."""
    population, failed = rule.population, rule.population.failed
    passes = rule.status is Status.PASS
    passed = (population.passed, phrases.STATUS[Status.PASS])
    return (
        *([passed] if passes else []),
        (failed, phrases.STATUS[Status.FAIL]),
        (population.waived, "risk accepted"),
        (population.error, phrases.STATUS[Status.ERROR]),
        (population.insufficient, phrases.STATUS[Status.INSUFFICIENT]),
        *([] if passes or failed else [passed]),
        (0 if failed else population.not_applicable, phrases.STATUS[Status.NOT_APPLICABLE]),
    )


def _filtered(rule: RuleResult) -> tuple[int, int]:
    """Return how many failing and inconclusive resources a filter left out of the population."""
    single = Counter(result.status for result in rule.results if not is_whole(result))
    population = rule.population
    inconclusive = sum(single[status] for status in INCONCLUSIVE)
    return (
        max(0, population.failed - single[Status.FAIL]),
        max(0, population.insufficient + population.error - inconclusive),
    )


def _fixes(failing: Sequence[RuleSummary]) -> list[str]:
    rules = [entry.rule for entry in failing if not entry.all_waived]
    fixable = [rule for rule in rules if rule.remediation][:_FIXES_NAMED]
    return [f"{rule.title}: {rule.remediation}" for rule in fixable]


def _rotations(inputs: ReportInput) -> list[str]:
    steps = (
        rotation_step(manifest, inputs.evaluation.evaluated_at) for manifest in inputs.manifests
    )
    return [step for step in steps if step is not None]


def _widen(sufficiency: Sequence[KindSufficiency]) -> list[str]:
    limited = dict.fromkeys(kind.connection for kind in sufficiency if is_limited_only(kind))
    step = "connect with a credential that sees the whole account, then run `ccm run`"
    return [f"{connection}: {step}." for connection in limited]


def _collect_again(rules: Sequence[RuleSummary], problems: int) -> list[str]:
    if not problems:
        return []
    waiting = sum(entry.rule.status is Status.INSUFFICIENT for entry in rules)
    checks = f"{phrases.count(waiting, 'check')} {'is' if waiting == 1 else 'are'} inconclusive"
    fix = f"Fix {phrases.count(problems, 'collection problem')}, then run `ccm run` again"
    return [f"{fix}: {checks}." if waiting else f"{fix}."]
