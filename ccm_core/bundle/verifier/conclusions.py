"""What the evidence of a period proves of each kind and each control: ``assurance.json``.

It is computed from the proven contents of the package alone, as ``ccm assurance`` computes it from
the store: so a package whose conclusions were rewritten is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.contents import Leaves, moment
from ccm_core.bundle.verifier.evaluations import History, ResultKey
from ccm_core.bundle.verifier.proofs.leaf_table import other_leaves, share_texts
from ccm_core.bundle.verifier.scope import Need, Scope, Watch, period_bounds
from ccm_core.bundle.verifier.spans import (
    LATEST,
    Collected,
    EvidenceSpan,
    Window,
    event_spans,
    instant_text,
    intersection,
    read_collection,
    snapshot_spans,
    subtract,
    union,
)
from ccm_core.bundle.verifier.strict_json import read_json

INCONCLUSIVE = {"insufficient", "error"}
WORST_FIRST = ("failed", "unavailable", "partial", "complete")
USUAL_CADENCE = 86400.0

Gap = dict[str, Any]
"""An evidence gap, its instants as such."""
Statuses = Sequence[tuple[datetime, str]]


class Collecting(NamedTuple):
    """One connection, and what was collected over it."""

    connection: str
    watch: Watch
    collections: Sequence[Collected]
    runs: Sequence[Mapping[str, Any]]
    """When its runs began, in that order, and what each was to collect how often."""


class Asked(NamedTuple):
    """The period that is asked about."""

    elapsed: Window
    """The part of it that has elapsed."""
    until: datetime

    @property
    def ended(self) -> bool:
        """Whether all of it has elapsed."""
        return self.until <= self.elapsed[1]


class PeriodQuestion(NamedTuple):
    """What is concluded."""

    period: str
    elapsed: Window
    """The part of the period that has elapsed."""
    until: datetime
    controls: Sequence[str]


def conclude(
    question: PeriodQuestion, scope: Scope, history: History, collecting: Sequence[Collecting]
) -> dict[str, Any]:
    """Return what the evidence of a period proves, as ``assurance.json`` has it."""
    kinds = scope.kinds(question.controls)
    return {
        "document": "ccm.assurance/v1",
        "period": question.period,
        "since": instant_text(question.elapsed[0]),
        "until": instant_text(question.elapsed[1]),
        "ended": question.until <= question.elapsed[1],
        "kinds": [
            kind_assurance(source, kind, question.elapsed)
            for source in collecting
            for kind in kinds
            if kind in source.watch.cadences
        ],
        "controls": [
            control_assurance(
                name,
                scope.needs[name],
                history,
                collecting,
                Asked(question.elapsed, question.until),
            )
            for name in question.controls
        ],
    }


def read_collecting(
    connection: str, leaves: Leaves, kept: Mapping[str, bytes], scope: Scope
) -> Collecting:
    """Read what was collected over a connection, from its manifests and its collections."""
    watch = scope.watches.get(connection, Watch({}, 0, frozenset(), frozenset(), ""))
    runs, collections = [], {}
    for _, leaf in other_leaves(leaves):
        content = kept.get(leaf.get("digest", ""))
        if content is not None and leaf["leaf"] == "manifest":
            run = read_json(content, f"the manifest {leaf['run']} of {connection}")
            runs.append({name: share_texts(run[name]) for name in ("started_at", "scheduled")})
            for document in run["collections"]:
                collections[document["id"]] = read_collection(document)
        elif content is not None and leaf["leaf"] == "collection":
            body = read_json(content, f"the collection {leaf['id']} of {connection}")
            collections[leaf["id"]] = read_collection(body)
    if watch.manifests:
        # Manifests are as old as the newest collection, whatever its outcome.
        for name, collection in list(collections.items()):
            collections[f"{name} of manifests"] = collection._replace(
                kind=watch.manifests, outcome="complete", shortfalls=(), window=None
            )
    ordered = sorted(
        collections.values(), key=lambda entry: (entry.ended_at, entry.started_at, entry.id)
    )
    return Collecting(connection, watch, ordered, sorted(runs, key=started))


def started(run: Mapping[str, Any]) -> datetime:
    """Return when a run began."""
    return moment(run["started_at"])


# -- kinds ------------------------------------------------------------------------------------


def kind_assurance(source: Collecting, kind: str, period: Window) -> dict[str, Any]:
    """Return what the evidence of a period proves of one kind of one connection."""
    gaps = find_gaps(source, kind, period, None)
    frequencies = list(required_frequencies(source, kind, period))
    runs: dict[str, list[Collected]] = {}
    for collection in source.collections:
        if collection.kind == kind and period[0] <= collection.ended_at < period[1]:
            runs.setdefault(collection.run, []).append(collection)
    worst = Counter(
        min((entry.outcome for entry in run), key=WORST_FIRST.index) for run in runs.values()
    )
    return {
        "connection": source.connection,
        "kind": kind,
        "required_frequency": frequencies[-1][1].total_seconds() if frequencies else None,
        "scheduled": int(sum((end - at) / every for (at, end), every in frequencies if every)),
        "completed": sum(
            all(entry.doubted == frozenset() for entry in run) for run in runs.values()
        ),
        "outcomes": dict(worst),
        "evidence_coverage": coverage(gaps, period),
        "evidence_gaps": [gap_texts(gap) for gap in gaps],
    }


def find_gaps(source: Collecting, kind: str, period: Window, max_age: float | None) -> list[Gap]:
    """Return every part of a period for which the evidence of a kind was not sufficient."""
    gaps: list[Gap] = []
    for limited, allowed in age_limits(source, kind, period, max_age):
        for span in kind_spans(source, kind, allowed):
            window = intersection(span.window, limited)
            if window and (span.problem or span.subjects):
                reason = span.problem or "the evidence of these objects was incomplete"
                gap = gap_of(window, reason, source.connection, kind, sorted(span.subjects))
                if gaps and continues(gaps[-1], gap):
                    gaps[-1]["until"] = gap["until"]
                else:
                    gaps.append(gap)
    return gaps


def kind_spans(source: Collecting, kind: str, allowed: timedelta) -> Iterator[EvidenceSpan]:
    """Return the spans of a kind."""
    collections = [entry for entry in source.collections if entry.kind == kind]
    if kind in source.watch.events:
        lookback = timedelta(seconds=source.watch.lookback)
        return event_spans(collections, allowed, lookback, refreshed=kind in source.watch.refreshed)
    return snapshot_spans(collections, allowed)


def age_limits(
    source: Collecting, kind: str, period: Window, max_age: float | None
) -> list[tuple[Window, timedelta]]:
    """Return how old the evidence might be: twice the frequency that was required at the time."""
    if max_age is not None:
        return [(period, timedelta(seconds=max_age))]
    frequencies = list(required_frequencies(source, kind, period))
    usual = 2 * timedelta(seconds=source.watch.cadences.get(kind, USUAL_CADENCE))
    unstated = subtract([period], [window for window, _ in frequencies])
    limits = [(window, 2 * frequency) for window, frequency in frequencies]
    return sorted([*limits, *((window, usual) for window in unstated)])


def required_frequencies(
    source: Collecting, kind: str, period: Window
) -> Iterator[tuple[Window, timedelta]]:
    """Yield each frequency with the time it was in force: from a run that states it to the next."""
    stated = []
    for run in source.runs:
        cadences = [plan["cadence"] for plan in run["scheduled"] if plan["kind"] == kind]
        stated.append((started(run), cadences[0] if cadences else None))
    changes = [next(group) for _, group in groupby(stated, key=lambda pair: pair[1])]
    for (since, seconds), until in zip(changes, [*(at for at, _ in changes[1:]), LATEST]):
        window = intersection((since, until), period)
        if seconds is not None and window:
            yield window, timedelta(seconds=seconds)


# -- controls ---------------------------------------------------------------------------------


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
    missing = list(missing_evidence(needs, collecting, elapsed))
    untested = [
        *unevaluated(statuses, closing, needs, collecting, period),
        *inconclusive(statuses, missing, elapsed),
    ]
    gaps = distinct([*missing, *untested])
    rules = {need.rule for need in needs}
    tests = [rule_test(rule, history) for rule in sorted(rules)]
    exceptions = list(exceptions_of(rules, history, period))
    framework, _, number = name.partition(":")
    return {
        "framework": framework,
        "id": number,
        "conclusion": conclusion_of(gaps, exceptions, tests),
        "rules": sorted(rules),
        "tests": tests,
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


def rule_test(rule: str, history: History) -> dict[str, Any]:
    """Return how many items a test had in the period, and what became of them."""
    counts: Counter[str] = Counter()
    late = changed = 0
    for (name, _), items in history.items.items():
        if name == rule:
            counts.update(items.counts())
            late, changed = late + len(items.late), changed + len(items.found)
    return {
        "rule": rule,
        "population": counts.total(),
        "passed": counts["pass"],
        "failed": counts["fail"],
        "inconclusive": counts["insufficient"] + counts["error"],
        "open": counts["open"],
        "made_late": late,
        "test_changed": changed,
    }


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
    rules: Collection[str], history: History, period: Asked
) -> Iterator[dict[str, Any]]:
    """Yield what failed some rules in the period, sorted by rule and subject."""
    for key in sorted(history.failures):
        failure = history.failures[key]
        if key[0] in rules and is_of_period(key, history, period):
            yield {
                "rule": key[0],
                "connection": key[1],
                "subject": failure["subject"],
                "first_seen": instant_text(failure["first"][0]),
                "last_seen": instant_text(failure["last"][0]),
                "evaluations": failure["evaluations"],
                "waived": failure["waived"],
            }


def is_of_period(key: ResultKey, history: History, period: Asked) -> bool:
    """Return whether what failed is an exception of the period: its share, or an item of it."""
    rule, connection, kind, name = key
    if kind == "population":
        return is_month_of(name, period)
    items = history.items.get((rule, connection))
    return items is None or items.is_exception(f"{kind}:{name}")


def is_month_of(name: str, period: Asked) -> bool:
    """Return whether a share is of a month that the period touches, or of no month."""
    try:
        since, until = period_bounds(name)
    except ValueError:
        return True
    return since < period.until and until > period.elapsed[0]


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


# -- gaps -------------------------------------------------------------------------------------


def gap_of(
    window: Window, reason: str, connection: str = "", kind: str = "", subjects: Sequence[str] = ()
) -> Gap:
    """Return an evidence gap."""
    return {
        "connection": connection,
        "kind": kind,
        "since": window[0],
        "until": window[1],
        "reason": reason,
        "subjects": list(subjects),
    }


def continues(previous: Gap, gap: Gap) -> bool:
    """Return whether a gap is the rest of the one before it."""
    same = all(previous[name] == gap[name] for name in ("reason", "subjects"))
    return bool(same and previous["until"] == gap["since"])


def distinct(gaps: Iterable[Gap]) -> list[Gap]:
    """Return each gap once, in order."""
    fields = ("since", "until", "connection", "kind", "reason", "subjects")
    by_fields = {tuple(map(str, map(gap.get, fields))): gap for gap in gaps}
    return sorted(by_fields.values(), key=lambda gap: tuple(gap[name] for name in fields))


def coverage(gaps: Iterable[Gap], period: Window) -> float:
    """Return the share of a period without gaps; those of named objects do not count."""
    if period[0] >= period[1]:
        return 0.0
    missing = union((gap["since"], gap["until"]) for gap in gaps if not gap["subjects"])
    covered = subtract([period], missing)
    return sum((end - since for since, end in covered), timedelta()) / (period[1] - period[0])


def gap_texts(gap: Gap) -> Gap:
    """Return a gap with its instants as text."""
    return {**gap, "since": instant_text(gap["since"]), "until": instant_text(gap["until"])}
