"""The numbers and the order of a report, computed once for every format."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import Result, RuleResult, KindSufficiency, Status
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.collection import Shortfall
from ccm_core.report.content import phrases
from ccm_core.report.content.credential_age import step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccm_core.report.types import ReportInput

_OPEN = (Status.INSUFFICIENT, Status.ERROR)
_SAID = (Status.PASS, Status.FAIL, Status.INSUFFICIENT, Status.ERROR, Status.NOT_APPLICABLE)
_FIXES_NAMED = 3
_WHOLE = ("connection", "population")
"""Kinds of subjects that are no single object; a population does not count them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many rules have one status, and how the verdict says it."""

    status: Status
    number: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One reason why subjects of a rule could not be judged."""

    status: Status
    """``insufficient`` or ``error``."""
    connection: str
    reason: str
    subjects: tuple[Subject, ...]
    example: str = ""
    """The id of one of the results."""
    evidence: tuple[KindSufficiency, ...] = ()
    """The evidence that the reason names and that cannot be relied on."""

    @property
    def whole(self) -> bool:
        """Whether it concerns all of a connection and no single object in it."""
        return all(subject.kind in _WHOLE for subject in self.subjects)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSummary:
    """One rule as a report shows it."""

    rule: RuleResult
    counted: str
    """Its population in words: ``3 of 60 fail, 2 waived``."""
    briefly: str
    """The same without the whole: ``3 fail, 2 waived``."""
    failing: tuple[Result, ...] = ()
    """Failing results, those without a waiver first."""
    gaps: tuple[Gap, ...] = ()
    due_next: datetime | None = None
    """When the first subject falls due that is not due yet."""
    remarks: tuple[str, ...] = ()
    """What a rule that holds or does not apply says of all subjects together."""

    @property
    def wholly_waived(self) -> bool:
        """Whether a waiver covers every failing subject."""
        return bool(self.failing) and all(result.waiver for result in self.failing)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTrouble:
    """What befell a whole run."""

    connection: str
    shortfall: Shortfall


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What every report says first."""

    evaluated_at: datetime
    connections: tuple[str, ...]
    part: tuple[str, ...]
    """Which part of the evaluation this is; empty: all of it."""
    verdict: str
    """Such as ``12 rules hold, 3 fail, 2 could not be judged``."""
    shares: tuple[Share, ...]
    """The verdict in parts; statuses that no rule has are left out."""
    total: int
    """How many rules there are: the sum of the shares."""
    failing: tuple[RuleSummary, ...]
    """Rules with something to mend, the most severe first."""
    unjudged: tuple[RuleSummary, ...]
    """Rules that are insufficient or ended in an error."""
    partly_judged: tuple[RuleSummary, ...]
    """Rules with a verdict that some subjects still lack."""
    holding: tuple[RuleSummary, ...]
    not_applicable: tuple[RuleSummary, ...]
    troubled: tuple[KindSufficiency, ...]
    """Evidence that nothing, or not everything, may rest on."""
    runs: tuple[RunTrouble, ...]
    plugin_failures: tuple[str, ...]
    next_steps: tuple[str, ...]

    def number(self, status: Status) -> int:
        """Tell how many rules have a status."""
        return sum(share.number for share in self.shares if share.status == status)


def summary(given: ReportInput) -> Summary:
    """Count, sort and word what a report shows."""
    evaluation = given.evaluation
    rules = sorted((_rule(rule, evaluation.sufficiency) for rule in evaluation.rules), key=_rank)
    shares = _shares(evaluation.rules)
    failing = tuple(one for one in rules if _fails(one.rule))
    unjudged = tuple(one for one in rules if one.rule.status in _OPEN)
    troubled = tuple(one for one in evaluation.sufficiency if one.problem or one.shortfalls)
    runs = tuple(
        RunTrouble(connection=manifest.connection, shortfall=shortfall)
        for manifest in given.manifests
        for shortfall in manifest.shortfalls
    )
    return Summary(
        evaluated_at=evaluation.evaluated_at,
        connections=evaluation.connections,
        part=tuple(given.part),
        verdict=", ".join(share.words for share in shares) or "No rule was judged",
        shares=shares,
        total=len(evaluation.rules),
        failing=failing,
        unjudged=unjudged,
        partly_judged=tuple(one for one in rules if one.gaps and one.rule.status not in _OPEN),
        holding=tuple(one for one in rules if one.rule.status is Status.PASS),
        not_applicable=tuple(one for one in rules if one.rule.status is Status.NOT_APPLICABLE),
        troubled=troubled,
        runs=runs,
        plugin_failures=evaluation.plugin_failures,
        next_steps=(
            *(f"Mend the plugin: {failure}" for failure in evaluation.plugin_failures),
            *_fixes(failing),
            *_rotations(given),
            *_collect_again(_waiting(unjudged), len(troubled) + len(runs)),
        ),
    )


def _shares(rules: Sequence[RuleResult]) -> tuple[Share, ...]:
    shares: list[Share] = []
    for status in _SAID:
        number = sum(rule.status is status for rule in rules)
        if number:
            said = f"{number:,}" if shares else phrases.count(number, "rule")
            text = f"{said} {phrases.status(status, number)}"
            shares.append(Share(status=status, number=number, words=text))
    return tuple(shares)


def _rule(rule: RuleResult, sufficiency: Sequence[KindSufficiency]) -> RuleSummary:
    failing = [_named_once(result) for result in rule.results if result.status is Status.FAIL]
    due = [result.due_at for result in rule.results if result.due_at is not None]
    return RuleSummary(
        rule=rule,
        counted=_counted(rule, whole=True),
        briefly=_counted(rule, whole=False),
        failing=tuple(sorted(failing, key=_subject_rank)),
        gaps=_gaps(rule.results, sufficiency),
        due_next=min(due, default=None),
        remarks=_remarks(rule.results),
    )


def _named_once(result: Result) -> Result:
    """Leave the subject's name out of the reason, which every format shows beside it."""
    for mark in (": ", " "):
        named = result.subject.title + mark
        if result.reason.startswith(named):
            return replace(result, reason=result.reason[len(named) :])
    return result


def _remarks(results: Iterable[Result]) -> tuple[str, ...]:
    settled = (one for one in results if one.status in (Status.PASS, Status.NOT_APPLICABLE))
    return tuple(dict.fromkeys(one.reason for one in settled if one.subject.kind in _WHOLE))


def _fails(rule: RuleResult) -> bool:
    return rule.status is Status.FAIL or (rule.population.failed > 0 and rule.status in _OPEN)


def _rank(one: RuleSummary) -> tuple[int, int, int, str, str]:
    open_failures = one.rule.population.failed - one.rule.population.waived
    severity = phrases.SEVERITIES.index(one.rule.severity)
    return (one.wholly_waived, severity, -open_failures, one.rule.title, one.rule.rule)


def _subject_rank(result: Result) -> tuple[bool, bool, str, str, str]:
    about = result.subject
    single = about.kind not in _WHOLE
    return (bool(result.waiver), single, result.connection, about.title, about.key)


def _counted(rule: RuleResult, *, whole: bool) -> str:
    seen = rule.population
    if rule.results and all(_wholly_open(result) for result in rule.results):
        return f"none of {seen.known:,} judged" if seen.known else "nothing judged"
    if not seen.known:
        return "no subject known"
    parts = (
        (seen.failed, phrases.status(Status.FAIL, seen.failed)),
        (seen.waived, "waived"),
        (seen.error, phrases.STATUS[Status.ERROR]),
        (seen.insufficient, "not judged"),
        (0 if seen.failed else seen.passed, "passes" if seen.passed == 1 else "pass"),
        (
            seen.not_applicable if not seen.failed else 0,
            phrases.status(Status.NOT_APPLICABLE, seen.not_applicable),
        ),
    )
    said = [f"{number:,} {verb}" for number, verb in parts if number]
    if not said:
        return phrases.count(seen.known, "subject")
    if not whole:
        return ", ".join(said)
    first, _, verb = said[0].partition(" ")
    return ", ".join([f"{first} of {seen.known:,} {verb}", *said[1:]])


def _wholly_open(result: Result) -> bool:
    return result.status in _OPEN and result.subject.kind in _WHOLE


def _gaps(results: Iterable[Result], sufficiency: Sequence[KindSufficiency]) -> tuple[Gap, ...]:
    grouped: dict[tuple[Status, str, str], list[Result]] = {}
    for result in results:
        if result.status in _OPEN:
            place = (result.status, result.connection, result.reason)
            grouped.setdefault(place, []).append(result)
    return tuple(
        Gap(
            status=status,
            connection=connection,
            reason=reason,
            subjects=tuple(one.subject for one in alike),
            example=alike[0].id,
            evidence=_named(reason, connection, sufficiency),
        )
        for (status, connection, reason), alike in grouped.items()
    )


def _named(reason: str, connection: str, sufficiency: Sequence[KindSufficiency]) -> tuple[KindSufficiency, ...]:
    names = {name.strip(".") for name in re.findall(r"[\w.]+", reason)}
    return tuple(
        one
        for one in sufficiency
        if one.connection == connection and one.kind in names and (one.problem or one.shortfalls)
    )


def _fixes(failing: Sequence[RuleSummary]) -> list[str]:
    open_ones = [one.rule for one in failing if not one.wholly_waived]
    named = [rule for rule in open_ones if rule.remediation][:_FIXES_NAMED]
    return [f"{rule.title}: {rule.remediation}" for rule in named]


def _rotations(given: ReportInput) -> list[str]:
    steps = (step(one, given.evaluation.evaluated_at) for one in given.manifests)
    return [one for one in steps if one is not None]


def _waiting(unjudged: Sequence[RuleSummary]) -> int:
    return sum(one.rule.status is Status.INSUFFICIENT for one in unjudged)


def _collect_again(unjudged: int, problems: int) -> list[str]:
    if not problems:
        return []
    waiting = f": {phrases.count(unjudged, 'rule')} could not be judged" if unjudged else ""
    return [
        f"Mend {phrases.count(problems, 'evidence problem')}, then run `ccm run` again{waiting}."
    ]
