"""What became of the items of a period: those of one rule over one connection."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

Evaluated = tuple[datetime, int]
"""When an evaluation was, and the index of its leaf."""

RANKS = ("not_applicable", "open", "pass", "insufficient", "error", "fail")
"""What may become of an item; what is not due yet is open. The worst last."""


WHOLE = {"connection", "population"}
"""The kinds of subjects that are no single items."""
INAPPLICABLE = {"not_applicable", "open"}
DECIDED = {"pass", "fail"}
LEFT_SCOPE = "left_scope"
"""In place of a status: an item was in the scope of a framework, and is not any more."""


class ItemEvaluation(NamedTuple):
    """What evaluations say of one item, from a first to a last one."""

    key: str
    """``KIND:KEY``."""
    occurred_at: datetime | None
    status: str
    last: Evaluated
    inside: bool
    """Whether one of them was in the period itself."""
    late: bool = False
    """Whether they were made of a past moment: they clear nothing."""
    changed: bool = False
    """Whether it was the test that changed after them, and not the item alone."""
    first: Evaluated | None = None
    """The first of them; None: the last."""


class OccurredItem(NamedTuple):
    """What became of an item that occurred in the period."""

    last: Evaluated
    """The last evaluation that counts for its status."""
    status: str
    occurred_at: datetime
    undecided: datetime | None
    """The last evaluation before the first that decided on it."""
    decided: datetime | None
    """The first one that decided on it."""


class Items:
    """What became of the items of one rule over one connection in a period.

    What occurred belongs to the period in which it did, and counts as it was found last: later
    evidence closes it. What is there at any time counts by the worst that was found in the period.
    """

    def __init__(self, period: tuple[datetime, datetime] | None) -> None:
        self.period = period
        self.there: dict[str, str] = {}
        """The worst of what is there at any time."""
        self.occurred: dict[str, OccurredItem] = {}
        """What occurred in the period."""
        self.elsewhere: set[str] = set()
        """What failed and did not occur in the period."""
        self.found: set[str] = set()
        """What failed, and is found to fail no more since its test was changed."""
        self.late: set[str] = set()
        """What was evaluated as of a past moment alone, or worse then."""

    def add(self, item: ItemEvaluation) -> None:
        """Add what evaluations say of an item."""
        if self.period is None:
            return
        if item.occurred_at is None:
            if item.inside:
                self.there[item.key] = worse(self.there.get(item.key), item.status)
        elif self.period[0] <= item.occurred_at < self.period[1]:
            self.add_occurred(item, item.occurred_at)
        elif item.status == "fail":
            self.elsewhere.add(item.key)

    def add_occurred(self, item: ItemEvaluation, at: datetime) -> None:
        """Add what is said of an item that occurred in the period."""
        before = self.occurred.get(item.key)
        last, status = self.last_said(item, before)
        undecided, decided = decided_on(item, before)
        self.occurred[item.key] = OccurredItem(last, status, at, undecided, decided)

    def last_said(self, item: ItemEvaluation, before: OccurredItem | None) -> tuple[Evaluated, str]:
        """Return the evaluation that counts for an item, and what it says."""
        if item.changed and item.status == "fail":
            self.found.add(item.key)
        if item.late:
            status = worse(before.status if before else None, item.status)
            if before is None or status != before.status:
                self.late.add(item.key)
            return before.last if before else item.last, status
        if before is not None and before.last > item.last:
            return before.last, before.status
        self.late.discard(item.key)
        # What failed and does not apply any more, as what is not open any more, did fail.
        gone = before is not None and before.status == "fail" and item.status in INAPPLICABLE
        return item.last, "fail" if gone else item.status

    @property
    def cleared_by_change(self) -> set[str]:
        """What failed, and was not found to fail again since its test was changed."""
        return {key for key in self.found if self.occurred[key].status != "fail"}

    def month_of(self, key: str) -> str | None:
        """Return the month in which an item of the period occurred; None: it is of no moment."""
        item = self.occurred.get(key)
        return None if item is None else f"{item.occurred_at:%Y-%m}"

    def read_back(self, watched_since: datetime | None) -> int:
        """Count the items that occurred before their connection was watched."""
        if watched_since is None:
            return 0
        return sum(
            self.occurred[key].occurred_at < watched_since
            for key in self.population & self.occurred.keys()
        )

    def tested_late(self, allowed: timedelta) -> int:
        """Count the items of which nobody knew for longer than allowed, once they could be tested.

        An item could be tested once it had occurred, or, where an evaluation found that it was not
        due or could not decide on it, after that evaluation.
        """
        return len(self.late_items(allowed))

    def late_items(self, allowed: timedelta) -> list[tuple[datetime, datetime]]:
        """Return from when such items could be tested, and when they were."""
        population = self.population
        tested = (
            (max(item.occurred_at, item.undecided or item.occurred_at), item.decided)
            for key, item in self.occurred.items()
            if item.decided is not None and key in population
        )
        return [(since, at) for since, at in tested if at - since > allowed]

    @property
    def population(self) -> set[str]:
        """The items that the rule applied to."""
        there = {key for key, status in self.there.items() if status != "not_applicable"}
        for key, item in self.occurred.items():
            (there.discard if item.status == "not_applicable" else there.add)(key)
        return there | self.found

    def is_exception(self, key: str) -> bool:
        """Return whether an item that failed at some time is an exception of the period."""
        if key not in self.there and key.partition(":")[0] in WHOLE:
            return True
        if key in self.found:
            return True
        if key in self.occurred:
            return self.occurred[key].status == "fail"
        return self.there.get(key) == "fail"

    def counts(self) -> Counter[str]:
        """Count the items by what became of them; without those that the rule does not apply to."""
        counter = Counter(self.there.values())
        counter.update(
            "fail" if key in self.found else item.status for key, item in self.occurred.items()
        )
        del counter["not_applicable"]
        return counter


def decided_on(
    item: ItemEvaluation, before: OccurredItem | None
) -> tuple[datetime | None, datetime | None]:
    """Return the last evaluation that could not decide on an item, and the first that did."""
    undecided, decided = (before.undecided, before.decided) if before else (None, None)
    if item.late:
        return undecided, decided
    if item.status in DECIDED:
        first = (item.first or item.last)[0]
        return undecided, first if decided is None else min(decided, first)
    if decided is None:
        last = item.last[0]
        return last if undecided is None else max(undecided, last), None
    return undecided, decided


def worse(one: str | None, other: str) -> str:
    """Return the worse of two statuses of an item."""
    return other if one is None else max(one, other, key=RANKS.index)


def item_status(status: str, *, is_due_later: bool) -> str:
    """Return the status of an item: what does not apply because it is not due yet is open.

    To what left the scope of a framework, its controls do not apply any more.
    """
    if status == LEFT_SCOPE:
        return "not_applicable"
    return "open" if is_due_later and status == "not_applicable" else status
