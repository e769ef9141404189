"""Which subjects a few results are on, from the lines of the read model: no body is read for that.

A line that says something else than the row or the verdict that it stands for, or one that is not
there, is noticed: lines are counted against the evaluation, and those in use compared with bodies.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError
from ccm_core.model.evaluation.derived import rows_kind, subject_name, verdicts_kind
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.result_scope import WHOLE_SUBJECTS, ResultScope
from ccm_core.model.evaluation.verdict_letters import LETTERS, NOT_DUE, STATUSES
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.store.sql.instants import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.model.evaluation.result import Evaluation, RuleResult
    from ccm_core.store.evaluations.derived_bodies import Body, KeptBodies
    from ccm_core.store.sql.driver import Row

_FROM = """
    FROM subject JOIN verdict
        ON verdict.connection = subject.connection AND verdict.pack = :pack
        AND verdict.view = subject.view AND verdict.key = subject.key
    WHERE subject.connection = :connection AND subject.view = :view
        AND (subject.final = 0 OR subject.occurred_at IS NULL OR subject.occurred_at >= :since)
"""
_COLUMNS = "SELECT subject.key, verdict.statuses, subject.occurred_at, subject.final"
_LINES = f"{_COLUMNS} {_FROM}"
_OUTLINES = f"{_COLUMNS}, subject.title, subject.url, subject.owners {_FROM}"
_WHOLE = " OR ".join(f"subject.key LIKE '{kind}:%'" for kind in WHOLE_SUBJECTS)
_COUNTS = f"""
    SELECT verdict.statuses, {_WHOLE} AS whole,
        subject.occurred_at IS NULL OR subject.occurred_at >= :since AS in_period, count(*)
    {_FROM}
    GROUP BY verdict.statuses, whole, in_period
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictGroup:
    """The rules of one pack over one kind or view."""

    pack: str
    over: str
    rules: tuple[str, ...]
    """Sorted, as the letters of a line are."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the read model says of a subject."""

    statuses: str
    occurred_at: int | None
    """In microseconds."""
    final: bool
    title: str = ""
    """This and what follows is read where failing subjects are outlined."""
    url: str | None = None
    owners: str = ""
    """As JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenSubjects:
    """The subjects of one group whose results are read."""

    group: VerdictGroup
    lines: Mapping[str, Line]
    by_rule: Mapping[str, Sequence[str]]
    """The keys of the results of each rule."""
    outlines: Mapping[str, Mapping[str, Line]]
    """By rule: the lines of failing subjects of which no body is read."""

    def compare_row(self, bodies: KeptBodies, key: str, row: tuple[datetime | None, bool]) -> None:
        """Compare a line with the row that it stands for.

        Raises:
            IntegrityError: It says something else.
        """
        line = self.lines[key]
        occurred_at, final = row
        moment = None if occurred_at is None else microseconds(occurred_at)
        if (line.occurred_at, line.final) != (moment, final):
            raise bodies.damage(rows_kind(self.group.over), f"{key} is not what its line says")

    def compare_verdict(self, bodies: KeptBodies, key: str, verdict: Body) -> None:
        """Compare a line with the verdict that it stands for.

        Raises:
            IntegrityError: It says something else.
        """
        for rule, letter in zip(self.group.rules, self.lines[key].statuses, strict=False):
            status = STATUSES.get(letter)
            stated = Status(verdict[rule]["status"]) if rule in verdict else None
            if status is not stated:
                kind = verdicts_kind(self.group.pack, self.group.over)
                raise bodies.damage(
                    kind, f"of {key} by {rule} its line says {letter!r}, and it is {stated}"
                )


def rule_groups(rules: Iterable[RuleResult]) -> Sequence[VerdictGroup]:
    """Return the groups of all rules of an evaluation."""
    names: dict[tuple[str, str], list[str]] = {}
    for rule in rules:
        names.setdefault((rule.pack, rule.over), []).append(rule.rule)
    return [
        VerdictGroup(pack=pack, over=over, rules=tuple(sorted(group)))
        for (pack, over), group in sorted(names.items())
    ]


def judged_subjects(bodies: KeptBodies, group: VerdictGroup) -> Iterator[tuple[str, str]]:
    """Yield each rule of a group with each subject that it has a result on; no body is read."""
    everything = ResultScope(statuses=frozenset(Status))
    for rule, keys in chosen_subjects(bodies, group, everything).by_rule.items():
        for key in keys:
            yield rule, key


def chosen_subjects(bodies: KeptBodies, group: VerdictGroup, scope: ResultScope) -> ChosenSubjects:
    """Return the subjects of a group whose results are in a scope."""
    lines = dict(_lines(bodies, group, scope))
    chosen: dict[str, list[str]] = {}
    outlines: dict[str, dict[str, Line]] = {}
    since = microseconds(bodies.state.period_since)
    letters, outlined = _letters(scope), LETTERS[Status.FAIL] if scope.outlined else None
    for index, rule in enumerate(group.rules):
        if rule not in bodies.state.judged:
            continue
        others = scope.subjects.get((rule, bodies.state.connection), frozenset())
        is_rated = rule in bodies.state.rated

        def is_named(key: str, others: AbstractSet[str] = others) -> bool:
            return key in others or (scope.whole and key.startswith(_PREFIXES))

        chosen[rule], outlines[rule] = [], {}
        for key, line in lines.items():
            letter = line.statuses[index : index + 1]
            is_chosen = letter in letters
            if not is_chosen and (letter not in STATUSES or not is_named(key)):
                continue
            if is_rated and line.occurred_at is not None and line.occurred_at < since:
                continue
            if letter == outlined and not is_named(key):
                outlines[rule][key] = line
            else:
                chosen[rule].append(key)
    used = {key for keys in chosen.values() for key in keys}
    return ChosenSubjects(
        group=group,
        lines={key: line for key, line in lines.items() if key in used},
        by_rule=chosen,
        outlines=outlines,
    )


_PREFIXES = tuple(subject_name(kind, "") for kind in WHOLE_SUBJECTS)


def _letters(scope: ResultScope) -> AbstractSet[str]:
    letters = {LETTERS[status] for status in scope.statuses}
    return letters | (
        {NOT_DUE} if scope.not_due or Status.NOT_APPLICABLE in scope.statuses else set()
    )


def _lines(
    bodies: KeptBodies, group: VerdictGroup, scope: ResultScope
) -> Iterator[tuple[str, Line]]:
    parameters = _parameters(bodies, group)
    letters = (f"verdict.statuses LIKE '%{letter}%'" for letter in sorted(_letters(scope)))
    conditions = [*([_WHOLE] if scope.whole else []), *letters]
    query = _OUTLINES if scope.outlined else _LINES
    if conditions:
        rows = bodies.transaction.rows(f"{query} AND ({' OR '.join(conditions)})", **parameters)
        yield from map(_line, rows)
    connection = bodies.state.connection
    others = {key for rule in group.rules for key in scope.subjects.get((rule, connection), ())}
    some = f"{query} AND subject.key IN (:values)"
    yield from map(_line, bodies.transaction.rows_in(some, sorted(others), **parameters))


def _line(row: Row) -> tuple[str, Line]:
    key, statuses, occurred_at, final, *shown = row
    return key, Line(statuses, occurred_at, bool(final), *shown)


def _parameters(bodies: KeptBodies, group: VerdictGroup) -> Mapping[str, str | int]:
    return {
        "connection": bodies.state.connection,
        "pack": group.pack,
        "view": group.over,
        "since": microseconds(bodies.state.period_since),
    }


@dataclass(slots=True)
class LineCounts:
    """How many subjects have which status by each rule, by the lines of the read model."""

    counts: dict[str, Counter[Status]] = field(default_factory=dict)
    complete: dict[str, bool] = field(default_factory=dict)
    """By rule: whether every connection that has its rows was judged."""

    def add(self, bodies: KeptBodies, group: VerdictGroup) -> None:
        """Count the lines of a group of one connection."""
        state, rows = (
            bodies.state,
            list(bodies.transaction.rows(_COUNTS, **_parameters(bodies, group))),
        )
        for index, rule in enumerate(group.rules):
            if rule not in state.rule_keys:
                continue
            judged = rule in state.judged
            self.complete[rule] = self.complete.get(rule, True) and judged
            counter = self.counts.setdefault(rule, Counter())
            for statuses, whole, in_period, number in rows if judged else ():
                letter = statuses[index : index + 1]
                if letter in STATUSES and not whole and (in_period or rule not in state.rated):
                    counter[STATUSES[letter]] += number

    def compare(self, stored: Evaluation) -> None:
        """Compare the lines with the populations that an evaluation states.

        Raises:
            IntegrityError: A line is missing, is too many or says something else.
        """
        for rule in stored.rules:
            if rule.rule in self.counts:
                self._compare(rule)

    def _compare(self, rule: RuleResult) -> None:
        counted = Counter(
            result.status for result in rule.results if result.subject.kind not in WHOLE_SUBJECTS
        )
        counted.update(self.counts[rule.rule])
        population = rule.population
        stated = {
            Status.PASS: population.passed,
            Status.FAIL: population.failed,
            Status.ERROR: population.error,
            Status.NOT_APPLICABLE: population.not_applicable,
        }
        if self.complete[rule.rule]:
            stated[Status.INSUFFICIENT] = population.insufficient
        for status, number in stated.items():
            if counted[status] != number:
                raise IntegrityError(
                    f"the index of {verdicts_kind(rule.pack, rule.over)} is damaged: the "
                    f"evaluation counts {number:,} {status.value} by {rule.rule}, and the index "
                    f"has {counted[status]:,}. Run `ccm verify`, and restore the store from a "
                    "backup."
                )
