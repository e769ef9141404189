"""What the tests of a period say of one control: items, exceptions, gaps and a conclusion."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from ccm_core.bundle.verifier.concluding.gaps import (
    Gap,
    coverage,
    distinct,
    gap_of,
    gap_texts,
    left_untold,
)
from ccm_core.bundle.verifier.concluding.items import (
    Asked,
    control_items,
    is_of_period,
    items_named,
    partial_months,
    rule_test,
    tests_of,
)
from ccm_core.bundle.verifier.concluding.kinds import USUAL_CADENCE, Collecting, find_gaps
from ccm_core.bundle.verifier.evaluations import History
from ccm_core.bundle.verifier.scope import Need
from ccm_core.bundle.verifier.spans import Window, instant_text, subtract

INCONCLUSIVE = {"insufficient", "error"}

Statuses = Sequence[tuple[datetime, str]]


def control_assurance(
    name: str,
    needs: Sequence[Need],
    history: History,
    collecting: Sequence[Collecting],
    period: Asked,
) -> dict[str, Any]:
    """Return what the evidence of a period proves of one control."""
    moments = [(at, status) for at, _, status in sorted(history.statuses.get(name, ()))]
    statuses = [(at, status) for at, status in moments if at < period.until]
    closing = next((at for at, _ in moments if at >= period.until), None)
    elapsed = period.elapsed
    rules = {need.rule for need in needs}
    missing = list(missing_evidence(needs, collecting, elapsed))
    missing += left_untold(history.off, {*rules, name}, [at for at, _ in statuses], elapsed)
    untested = [
        *unevaluated(statuses, closing, needs, collecting, period),
        *inconclusive(statuses, missing, elapsed),
    ]
    gaps = distinct([*missing, *untested])
    framework, _, number = name.partition(":")
    scoped = history.of_framework(framework)
    health = history.method.monitoring
    tests = [
        rule_test(need, scoped, collecting, period, monitoring=need.rule in health)
        for need in tests_of(needs)
    ]
    exceptions = list(exceptions_of(rules, scoped, collecting, period))
    return {
        "framework": framework,
        "id": number,
        "conclusion": conclusion_of(gaps, exceptions, tests),
        "rules": sorted(rules),
        "tests": tests,
        **control_items(rules, scoped, exceptions),
        "items_outside": len(items_named(rules, history) - items_named(rules, scoped)),
        "partial_months": list(partial_months(rules, scoped, collecting, period)),
        "evidence_coverage": coverage(gaps, elapsed),
        "evaluations": len(statuses),
        "history": list(status_history(statuses)),
        "exceptions": exceptions,
        "evidence_gaps": [gap_texts(gap) for gap in gaps],
    }


def conclusion_of(
    gaps: Sequence[Gap], exceptions: Sequence[Any], tests: Iterable[Mapping[str, Any]]
) -> str:
    """Return what the tests of a control say of it."""
    if gaps:
        return "evidence_incomplete"
    if exceptions:
        return "exceptions"
    tests = list(tests)
    if any(test["passed"] + test["failed"] + test["inconclusive"] for test in tests):
        return "no_exceptions"
    return "open_at_cut_off" if any(test["open"] for test in tests) else "no_occurrences"


def missing_evidence(
    needs: Sequence[Need], collecting: Sequence[Collecting], period: Window
) -> Iterator[Gap]:
    """Yield the gaps in the evidence that rules need."""
    for need in needs:
        sources = [source for source in collecting if need.kinds <= source.watch.cadences.keys()]
        if not sources:
            yield gap_of(period, f"no connection collects the evidence that {need.rule} needs")
        for source in sources:
            for kind in sorted(need.kinds):
                yield from find_gaps(source, kind, period, need.max_age)


def unevaluated(
    statuses: Statuses,
    closing: datetime | None,
    needs: Sequence[Need],
    collecting: Sequence[Collecting],
    period: Asked,
) -> Iterator[Gap]:
    """Yield the parts of the period that no evaluation has seen.

    An evaluation says nothing of what happened after it: of a period that has ended, the time after
    the last one is proven by one that was made afterwards.
    """
    begins, ends = period.elapsed
    kinds = {kind for need in needs for kind in need.kinds}
    cadences = [
        source.watch.cadences[kind]
        for source in collecting
        for kind in kinds & source.watch.cadences.keys()
    ]
    allowed = 2 * timedelta(seconds=max(cadences, default=USUAL_CADENCE))
    moments = [at for at, _ in statuses]
    for since, until in zip([begins, *moments], [*moments, closing or ends]):
        first = since == begins
        if until - since > allowed or (first and not statuses):
            gap = (since if first else since + allowed, min(until, ends))
            if gap[0] < gap[1]:
                yield gap_of(gap, "it was not evaluated")
    if closing is None and period.ended and moments and moments[-1] + allowed >= ends:
        yield gap_of((moments[-1], ends), "no later evaluation has seen what happened then")


def inconclusive(statuses: Statuses, missing: Sequence[Gap], period: Window) -> Iterator[Gap]:
    """Yield the times of inconclusive results that no missing evidence explains."""
    explained = [(gap["since"], gap["until"]) for gap in missing if not gap["subjects"]]
    ends = [*(at for at, _ in statuses[1:]), period[1]]
    for (at, status), following in zip(statuses, ends):
        if status in INCONCLUSIVE:
            for window in subtract([(at, following)], explained):
                yield gap_of(window, f"its result was {status}")


def exceptions_of(
    rules: Collection[str], history: History, collecting: Sequence[Collecting], period: Asked
) -> Iterator[dict[str, Any]]:
    """Yield what failed some rules in the period, sorted by rule and subject."""
    for key in sorted(history.failures):
        failure = history.failures[key]
        if key[0] in rules and is_of_period(key, history, collecting, period):
            yield {
                "rule": key[0],
                "connection": key[1],
                "subject": failure["subject"],
                "first_seen": instant_text(failure["first"][0]),
                "last_seen": instant_text(failure["last"][0]),
                "evaluations": failure["evaluations"],
                "waived": failure["waived"],
            }


def status_history(statuses: Statuses) -> Iterator[dict[str, Any]]:
    """Yield the times during which a control kept one status."""
    groups = [list(group) for _, group in groupby(statuses, key=lambda pair: pair[1])]
    ends = [*(group[0][0] for group in groups[1:]), *(at for at, _ in statuses[-1:])]
    for group, until in zip(groups, ends):
        yield {
            "since": instant_text(group[0][0]),
            "until": instant_text(until),
            "status": group[0][1],
            "evaluations": len(group),
        }
