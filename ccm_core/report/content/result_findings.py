"""Which finding a result belongs to: every format asks here, so all of them name the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import CONNECTION, POPULATION, Status
from ccm_core.model.finding.finding import SEVERITIES, finding_of, share_finding
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from ccm_core.model.evaluation.result import Result, RuleResult
    from ccm_core.model.finding.work_item import WorkItem
    from ccm_core.report.types import ReportInput

_WORSE = (Status.NOT_APPLICABLE, Status.PASS, Status.INSUFFICIENT, Status.ERROR, Status.FAIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFinding:
    """The finding of a result."""

    id: str
    """Empty: the result counts in a share that has no finding."""
    item: WorkItem | None = None
    """None: it is not known, or there is none that is open."""
    in_share: bool = False
    """Whether the result is one of those that a share counts, and no finding by itself."""
    share: Status | None = None
    """The status of that share; None: it is not shown."""

    @property
    def owners(self) -> tuple[str, ...] | None:
        """Return who has to act on it; None: whoever owns the resource."""
        return None if self.item is None or self.in_share else self.item.owner.names

    @property
    def counts_in(self) -> str:
        """Return what a single failure counts in; empty where it counts by itself."""
        if not self.in_share:
            return ""
        if self.id:
            return f"counts in the share of its check: finding {self.id}"
        return f"counts in the share of its check, which {self.standing_of_share}"

    @property
    def standing_of_share(self) -> str:
        """Return what is said of a share that has no finding."""
        if self.share is Status.PASS:
            return "passes"
        return "has no open finding" if self.share is None else "is inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFindings:
    """The findings of the results of a report."""

    items: Mapping[str, WorkItem]
    shares: AbstractSet[str]
    share_statuses: Mapping[tuple[str, str], Status]
    """The worst status of the shares of a rule over a connection."""
    of_checks: Mapping[str, WorkItem]
    """By the id of a result that fails or is inconclusive: what it is a check of."""

    def of(self, result: Result) -> ResultFinding | None:
        """Return the finding of a result; None: it has none, as it neither fails nor did."""
        if result.status is Status.FAIL:
            return self._of_failing(result)
        item = self.of_checks.get(result.id) if result.id else None
        return None if item is None else ResultFinding(id=item.finding.id, item=item)

    def _of_failing(self, result: Result) -> ResultFinding:
        if self.in_share(result):
            return self._of_share(result)
        if (item := self.of_checks.get(result.id)) is not None:
            return ResultFinding(id=item.finding.id, item=item)
        name = finding_of(result)
        return ResultFinding(id=name, item=self.items.get(name))

    def _of_share(self, result: Result) -> ResultFinding:
        name = share_finding(result.rule, result.connection)
        item = self.items.get(name)
        status = self.share_statuses.get((result.rule, result.connection))
        has_finding = item is not None or status is Status.FAIL
        return ResultFinding(id=name if has_finding else "", item=item, in_share=True, share=status)

    def in_share(self, result: Result) -> bool:
        """Return whether a result is a single one of a rule that is judged by share."""
        return result.rule in self.shares and result.subject.kind not in (CONNECTION, POPULATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingResults:
    """The results of a report that one finding consists of; of a result without one, it alone."""

    finding: ResultFinding | None
    checks: tuple[tuple[int, RuleResult, Result], ...]
    """What fails first, and the most severe of it, each with its rule and the rule's place."""

    @property
    def failing(self) -> tuple[Result, ...]:
        """Return those that fail."""
        return tuple(result for _, _, result in self.checks if result.status is Status.FAIL)

    @property
    def is_accepted(self) -> bool:
        """Return whether the risk of all of it is accepted."""
        if self.finding is not None and self.finding.item is not None:
            return self.finding.item.accepted_until is not None
        return bool(self.failing) and all(result.waiver for result in self.failing)


NO_FINDINGS = ResultFindings(
    items=FrozenDict(), shares=frozenset(), share_statuses=FrozenDict(), of_checks=FrozenDict()
)
"""Where none are known."""


def result_findings(inputs: ReportInput) -> ResultFindings:
    """Return the findings of the results of a report."""
    items = inputs.findings.items
    return ResultFindings(
        items=items,
        shares=inputs.findings.shares | set(shares(inputs.evaluation.rules)),
        share_statuses=_share_statuses(inputs.evaluation.rules),
        of_checks={check.result: item for item in items.values() for check in item.finding.checks},
    )


def by_finding(
    inputs: ReportInput, findings: ResultFindings, statuses: AbstractSet[Status]
) -> Iterator[FindingResults]:
    """Yield the results of some statuses by finding; without those that a share counts.

    Args:
        inputs: What is reported.
        findings: The findings of its results.
        statuses: Which results.
    """
    groups: dict[str, list[tuple[int, RuleResult, Result]]] = {}
    names: dict[str, ResultFinding | None] = {}
    for index, rule in enumerate(inputs.evaluation.rules):
        for number, result in enumerate(rule.results):
            if result.status not in statuses:
                continue
            finding = findings.of(result)
            if finding is not None and finding.in_share:
                continue
            name = finding.id if finding else f"{index} {number}"
            names.setdefault(name, finding)
            groups.setdefault(name, []).append((index, rule, result))
    for name, checks in groups.items():
        yield FindingResults(finding=names[name], checks=tuple(sorted(checks, key=_rank)))


def _rank(check: tuple[int, RuleResult, Result]) -> tuple[bool, int, int]:
    index, rule, result = check
    return (result.status is not Status.FAIL, SEVERITIES.index(rule.severity.value), index)


def shares(rules: tuple[RuleResult, ...]) -> Iterator[str]:
    """Yield the rules of an evaluation that are judged by share."""
    for rule in rules:
        if any(result.subject.kind == POPULATION for result in rule.results):
            yield rule.rule


def _share_statuses(rules: tuple[RuleResult, ...]) -> Mapping[tuple[str, str], Status]:
    """Return the worst status of the shares of each rule over each connection."""
    worst: dict[tuple[str, str], Status] = {}
    for rule in rules:
        for result in rule.results:
            if result.subject.kind == POPULATION:
                name = (rule.rule, result.connection)
                worst[name] = max(worst.get(name, result.status), result.status, key=_WORSE.index)
    return worst
