"""What a rule says of a whole connection, shares of its subjects, and objects behind no row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ccm_core.model.evaluation.result import CONNECTION, Result, Status
from ccm_core.model.evaluation.result_id import result_id
from ccm_core.model.evaluation.rule import Rule, Tolerance
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evaluation.verdict_letters import STATUSES
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.rules.cel.required_lists import required_lists
from ccm_core.rules.evaluate.evidence_gate import EvidenceGate, UnevaluatedObjects
from ccm_core.rules.evaluate.pass_rate import UNDATED, rate_result
from ccm_core.rules.evaluate.rule_counts import RuleCounts
from ccm_core.rules.pack.compiled import CompiledPack, CompiledRule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOnAll:
    """One rule over one connection, with the counts of its subjects."""

    pack: CompiledPack
    rule: CompiledRule
    connection: str
    gate: EvidenceGate
    counts: RuleCounts
    rows: int
    """How many rows of the period there are."""
    selected: Mapping[str, int]
    """How many rows each condition selects that settings changed."""
    incomplete: UnevaluatedObjects
    """Objects behind no row whose evidence is incomplete."""
    error: str | None = None
    """Why there are no rows."""

    def results(self) -> Iterator[Result]:
        """Yield the results that are on no row."""
        if self.gate.problems:
            yield self._on_connection(Status.INSUFFICIENT, "; ".join(self.gate.problems))
        elif self.gate.accepted:
            yield self._on_connection(Status.NOT_APPLICABLE, "; ".join(self.gate.accepted))
        elif self.error is not None:
            over = self.rule.rule.over
            why = f"the rows of {over} could not be derived: {self.error}"
            yield self._on_connection(Status.ERROR, why)
        else:
            yield from self._on_rows()

    def _on_rows(self) -> Iterator[Result]:
        for subject, reason in self.incomplete.members:
            yield self._on(subject, Status.INSUFFICIENT, reason)
        doubts = [*self.gate.unlisted, *filter(None, [self.incomplete.others])]
        if doubts:
            yield self._on_connection(Status.INSUFFICIENT, "; ".join(doubts))
        elif not self.incomplete.members and self.counts.none_applies:
            yield self._on_empty()
        if self.rule.rule.tolerance:
            for rate in self._rates(self.rule.rule.tolerance):
                yield self._limited(rate)

    def _on_empty(self) -> Result:
        empty = sorted(
            name
            for name, count in self.selected.items()
            if not count and self.counts.total and name in self.rule.parameters
        )
        if not empty:
            status = Status(self.rule.rule.on_empty)
            return self._on_connection(status, self._empty_reason())
        selections = " and ".join(f"{name} `{self.pack.effective[name]}`" for name in empty)
        return self._on_connection(
            Status.INSUFFICIENT,
            f"{selections} selects none of {self.counts.total} rows of {self.rule.rule.over}, so "
            "that nothing is evaluated; change it under rules.parameters, or leave the pack out",
        )

    def _empty_reason(self) -> str:
        rule, rows = self.rule.rule, self.counts.total
        if not self.rows:
            return f"nothing to evaluate: {rule.over} has no rows"
        if not rows:
            return f"nothing to count: no row of {rule.over} occurred in the evaluated period"
        if empty := self._empty_lists():
            return f"nothing to evaluate: {_emptiness(empty)} under rules.parameters"
        return f"nothing to evaluate: `{rule.match}` is true for none of {rows} rows of {rule.over}"

    def _empty_lists(self) -> list[str]:
        """Return the parameters without whose entries no row can match, and which have none."""
        empty = {
            parameter.name
            for parameter in self.pack.pack.parameters
            if parameter.name in self.rule.parameters
            and parameter.type in {"list", "dates"}
            and not self.pack.effective[parameter.name]
        }
        match = self.rule.conditions.match if empty else None
        required = required_lists(match) if match else frozenset()
        return sorted(name for name in empty if ("params", name) in required)

    def _rates(self, tolerance: Tolerance) -> Iterator[Result]:
        periods: dict[str, Counter[Status]] = {}
        for month, letters in self.counts.by_month.items():
            period = "all" if tolerance.per == "all" else month or UNDATED
            for letter, number in letters.items():
                periods.setdefault(period, Counter())[STATUSES[letter]] += number
        if self.incomplete.members:
            period = "all" if tolerance.per == "all" else UNDATED
            members = len(self.incomplete.members)
            periods.setdefault(period, Counter())[Status.INSUFFICIENT] += members
        for period, counts in sorted(periods.items()):
            if counts.total() > counts[Status.NOT_APPLICABLE]:
                yield rate_result(self.rule.rule.id, self.connection, tolerance, period, counts)

    def _limited(self, rate: Result) -> Result:
        """Return a pass rate that nobody knows, where subjects may be missing from it."""
        if not self.gate.unlisted or rate.status not in {Status.PASS, Status.FAIL}:
            return rate
        reason = f"of what is visible, {rate.reason}; {'; '.join(self.gate.unlisted)}"
        return replace(rate, status=Status.INSUFFICIENT, reason=reason)

    def _on_connection(self, status: Status, reason: str) -> Result:
        subject = Subject(kind=CONNECTION, key=self.connection, title=self.connection)
        return self._on(subject, status, reason)

    def _on(self, subject: Subject, status: Status, reason: str) -> Result:
        rule = self.rule.rule.id
        return Result(
            id=result_id(rule, self.connection, subject.kind, subject.key),
            rule=rule,
            connection=self.connection,
            subject=subject,
            status=status,
            reason=reason,
        )


def no_connection(rule: Rule, plugin_failures: Sequence[str]) -> Result:
    """Return the result of a rule where no connection collects what it is over.

    Args:
        rule: The rule.
        plugin_failures: The plugins that did not load, each once, sorted.
    """
    why = f"; a plugin did not load: {', '.join(plugin_failures)}" if plugin_failures else ""
    return Result(
        id=result_id(rule.id, "", CONNECTION, ""),
        rule=rule.id,
        connection="",
        subject=Subject(kind=CONNECTION, key="", title="no connection"),
        status=Status.INSUFFICIENT,
        reason=f"no connection collects {rule.over}{why}",
    )


def _emptiness(parameters: Sequence[str]) -> str:
    *others, last = parameters
    if not others:
        return f"the list parameter {last} is empty; set it"
    return f"the list parameters {', '.join(others)} and {last} are empty; set them"
