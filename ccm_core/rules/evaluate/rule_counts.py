"""The result of a rule on one connection, from counts of its subjects by status and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ccm_core.model.evaluation.derived import SubjectCount
from ccm_core.model.evaluation.result import CONNECTION, Population, Result, Status
from ccm_core.model.evaluation.verdict_letters import LETTERS, NOT_DUE, NOT_DUE_YET, STATUSES
from ccm_core.rules.evaluate.rollup import WORST_FIRST

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class RuleCounts:
    """How many subjects have which status by one rule, in all and by month."""

    letters: Counter[str] = field(default_factory=Counter)
    whole: Counter[str] = field(default_factory=Counter)
    """Those of them that are about the connection itself."""
    by_month: dict[str | None, Counter[str]] = field(default_factory=dict)
    """None: subjects that occurred at no moment."""

    def add(self, result: Result, occurred_at: datetime | None) -> None:
        """Count the result on one subject."""
        letter = letter_of(result.status, result.reason)
        self.letters[letter] += 1
        self.whole[letter] += result.subject.kind == CONNECTION
        month = None if occurred_at is None else occurred_at.astimezone(UTC).isoformat()[:7]
        self.by_month.setdefault(month, Counter())[letter] += 1

    @property
    def total(self) -> int:
        """Return how many subjects were judged."""
        return self.letters.total()

    @property
    def none_applies(self) -> bool:
        """Whether no subject is one of those that the rule is about."""
        return self.letters.keys() <= {"n"}

    def population(self, *, others: Sequence[Status] = (), unevaluated: int = 0) -> Population:
        """Count subjects by status.

        Args:
            others: The statuses of subjects behind no row.
            unevaluated: Rows that were not judged, as the evidence does not suffice.
        """
        counts = Counter(others)
        for letter, number in (self.letters - self.whole).items():
            counts[STATUSES[letter]] += number
        return Population(
            total=counts.total() + unevaluated,
            passed=counts[Status.PASS],
            failed=counts[Status.FAIL],
            insufficient=counts[Status.INSUFFICIENT] + unevaluated,
            not_applicable=counts[Status.NOT_APPLICABLE],
            error=counts[Status.ERROR],
        )

    def worst(self) -> Status | None:
        """Return the worst status of a subject; None: there is none."""
        present = {STATUSES[letter] for letter in self.letters}
        return next((status for status in WORST_FIRST if status in present), None)


def letter_of(status: Status, reason: str) -> str:
    """Return the letter that stands for the status of a result, and its reason."""
    is_due = status is not Status.NOT_APPLICABLE or reason != NOT_DUE_YET
    return LETTERS[status] if is_due else NOT_DUE


def counts_by_rule(
    rules: Iterable[str], counts: Iterable[SubjectCount], rated: Container[str] = ()
) -> Mapping[str, RuleCounts]:
    """Return the counts of each rule of a group, whose letters stand in the order of names.

    Args:
        rules: The names of all rules of the group.
        counts: Of the subjects of a period.
        rated: Those that judge a share: they count what occurred in the period alone.
    """
    names = sorted(rules)
    by_rule = {name: RuleCounts() for name in names}
    for count in counts:
        month = None if count.day is None else _month(count.day)
        for name, letter in zip(names, count.statuses, strict=False):
            if letter in STATUSES and (count.in_period or name not in rated):
                rule = by_rule[name]
                rule.letters[letter] += count.subjects
                rule.whole[letter] += count.subjects if count.whole else 0
                rule.by_month.setdefault(month, Counter())[letter] += count.subjects
    return by_rule


def selected_by_condition(
    conditions: Sequence[str], rules: int, counts: Iterable[SubjectCount]
) -> Iterator[tuple[str, int]]:
    """Yield how many subjects each condition of the settings selects: flags follow the letters."""
    counted = list(counts)
    for index, name in enumerate(sorted(conditions), start=rules):
        flags = ((count.statuses[index : index + 1], count.subjects) for count in counted)
        yield name, sum(subjects for flag, subjects in flags if flag == "y")


def _month(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()[:7]
