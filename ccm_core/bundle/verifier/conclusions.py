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
from ccm_core.bundle.verifier.evaluations import History
from ccm_core.bundle.verifier.proofs.leaf_table import other_leaves, share_texts
from ccm_core.bundle.verifier.scope import Need, Scope, Watch
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
            control_assurance(name, scope.needs[name], history, collecting, question.elapsed)
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
    period: Window,
) -> dict[str, Any]:
    """Return what the evidence of a period proves of one control."""
    statuses = [(at, status) for at, _, status in sorted(history.statuses.get(name, ()))]
    missing = list(missing_evidence(needs, collecting, period))
    untested = [
        *unevaluated(statuses, needs, collecting, period),
        *inconclusive(statuses, missing, period),
    ]
    gaps = distinct([*missing, *untested])
    exceptions = list(exceptions_of({need.rule for need in needs}, history))
    framework, _, number = name.partition(":")
    incomplete = "evidence_incomplete" if gaps else ""
    return {
        "framework": framework,
        "id": number,
        "conclusion": incomplete or ("exceptions" if exceptions else "no_exceptions"),
        "rules": sorted({need.rule for need in needs}),
        "evidence_coverage": coverage(gaps, period),
        "evaluations": len(statuses),
        "history": list(status_history(statuses)),
        "exceptions": exceptions,
        "evidence_gaps": [gap_texts(gap) for gap in gaps],
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
    statuses: Statuses, needs: Sequence[Need], collecting: Sequence[Collecting], period: Window
) -> Iterator[Gap]:
    """Yield the parts of the period without an evaluation."""
    kinds = {kind for need in needs for kind in need.kinds}
    cadences = [
        source.watch.cadences[kind]
        for source in collecting
        for kind in kinds & source.watch.cadences.keys()
    ]
    allowed = 2 * timedelta(seconds=max(cadences, default=USUAL_CADENCE))
    moments = [at for at, _ in statuses]
    for since, until in zip([period[0], *moments], [*moments, period[1]]):
        first = since == period[0]
        if until - since > allowed or (first and not statuses):
            begins = since if first else since + allowed
            yield gap_of((begins, until), "it was not evaluated")


def inconclusive(statuses: Statuses, missing: Sequence[Gap], period: Window) -> Iterator[Gap]:
    """Yield the times of inconclusive results that no missing evidence explains."""
    explained = [(gap["since"], gap["until"]) for gap in missing if not gap["subjects"]]
    ends = [*(at for at, _ in statuses[1:]), period[1]]
    for (at, status), following in zip(statuses, ends):
        if status in INCONCLUSIVE:
            for window in subtract([(at, following)], explained):
                yield gap_of(window, f"its result was {status}")


def exceptions_of(rules: Collection[str], history: History) -> Iterator[dict[str, Any]]:
    """Yield what failed some rules, sorted by rule and subject."""
    for key in sorted(history.failures):
        failure = history.failures[key]
        if key[0] in rules:
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
