"""The evaluations of a period, read one at a time: statuses, exceptions, and what they rest on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from ccm_core.bundle.verifier.concluding.month_shares import MonthShare
from ccm_core.bundle.verifier.contents import moment
from ccm_core.bundle.verifier.method_facts import MethodFacts, StatedStretch
from ccm_core.bundle.verifier.proofs.leaf_table import share_texts
from ccm_core.bundle.verifier.scope import PART
from ccm_core.bundle.verifier.strict_json import read_json

PASSING = {"pass", "not_applicable"}

ResultKey = tuple[str, str, str, str]
"""Rule, connection, kind and key of the subject."""
Evaluated = tuple[datetime, int]
"""When an evaluation was, and the index of its leaf."""


class Rested(NamedTuple):
    """Results on one subject that rest on evidence that was erased since."""

    subject: Mapping[str, Any]
    evaluations: int
    digests: frozenset[str]


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


class Items:
    """What became of the items of one rule over one connection in a period.

    What occurred belongs to the period in which it did, and counts as it was found last: later
    evidence closes it. What is there at any time counts by the worst that was found in the period.
    """

    def __init__(self, period: tuple[datetime, datetime] | None) -> None:
        self.period = period
        self.there: dict[str, str] = {}
        """The worst of what is there at any time."""
        self.occurred: dict[str, tuple[Evaluated, str]] = {}
        """The last of what occurred in the period."""
        self.elsewhere: set[str] = set()
        """What failed and did not occur in the period."""
        self.found: set[str] = set()
        """What failed, and is found to fail no more since its test was changed."""
        self.late: set[str] = set()
        """What was evaluated as of a past moment alone, or worse then."""
        self.moments: dict[str, datetime] = {}
        """When what occurred in the period did."""
        self.undecided: dict[str, datetime] = {}
        """The last evaluation before the first that decided on what occurred in the period."""
        self.decided: dict[str, datetime] = {}
        """The first one that decided on it."""

    def add(self, item: ItemEvaluation) -> None:
        """Add what evaluations say of an item."""
        if self.period is None:
            return
        if item.occurred_at is None:
            if item.inside:
                self.there[item.key] = worse(self.there.get(item.key), item.status)
        elif self.period[0] <= item.occurred_at < self.period[1]:
            self.add_occurred(item)
        elif item.status == "fail":
            self.elsewhere.add(item.key)

    def add_occurred(self, item: ItemEvaluation) -> None:
        """Add what is said of an item that occurred in the period."""
        before = self.occurred.get(item.key)
        self.time(item)
        if item.changed and item.status == "fail":
            self.found.add(item.key)
        if item.late:
            status = worse(before[1] if before else None, item.status)
            if before is None or status != before[1]:
                self.late.add(item.key)
            self.occurred[item.key] = (before[0] if before else item.last, status)
        elif before is None or before[0] <= item.last:
            # What failed and does not apply any more, as what is not open any more, did fail.
            gone = before is not None and before[1] == "fail" and item.status in INAPPLICABLE
            self.occurred[item.key] = (item.last, "fail" if gone else item.status)
            self.late.discard(item.key)

    def time(self, item: ItemEvaluation) -> None:
        """Note when an item occurred, and when it was decided on first."""
        if item.occurred_at is not None:
            self.moments[item.key] = item.occurred_at
        if item.late:
            return
        first = item.first or item.last
        if item.status in DECIDED:
            self.decided[item.key] = min(self.decided.get(item.key, first[0]), first[0])
        elif item.key not in self.decided:
            last = item.last[0]
            self.undecided[item.key] = max(self.undecided.get(item.key, last), last)

    @property
    def cleared_by_change(self) -> set[str]:
        """What failed, and was not found to fail again since its test was changed."""
        return {key for key in self.found if self.occurred[key][1] != "fail"}

    def month_of(self, key: str) -> str | None:
        """Return the month in which an item of the period occurred; None: it is of no moment."""
        at = self.moments.get(key)
        return None if at is None else f"{at:%Y-%m}"

    def read_back(self, watched_since: datetime | None) -> int:
        """Count the items that occurred before their connection was watched."""
        if watched_since is None:
            return 0
        return sum(
            self.moments[key] < watched_since for key in self.population & self.moments.keys()
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
            (max(self.moments[key], self.undecided.get(key, self.moments[key])), at)
            for key, at in self.decided.items()
            if key in population
        )
        return [(since, at) for since, at in tested if at - since > allowed]

    @property
    def population(self) -> set[str]:
        """The items that the rule applied to."""
        occurred = {key: status for key, (_, status) in self.occurred.items()}
        every = (self.there | occurred).items()
        return {key for key, status in every if status != "not_applicable"} | self.found

    def is_exception(self, key: str) -> bool:
        """Return whether an item that failed at some time is an exception of the period."""
        if key not in self.there and key.partition(":")[0] in WHOLE:
            return True
        if key in self.found:
            return True
        if key in self.occurred:
            return self.occurred[key][1] == "fail"
        return self.there.get(key) == "fail"

    def counts(self) -> Counter[str]:
        """Count the items by what became of them; without those that the rule does not apply to."""
        counter = Counter(self.there.values())
        counter.update(
            "fail" if key in self.found else status for key, (_, status) in self.occurred.items()
        )
        del counter["not_applicable"]
        return counter


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


class History(NamedTuple):
    """What the evaluations of a period state of some rules."""

    statuses: dict[str, list[tuple[datetime, int, str]]]
    """By control: when, the index of the leaf, and the status."""
    failures: dict[ResultKey, dict[str, Any]]
    evidence: set[str]
    """Digests of the evidence behind results."""
    needs: dict[str, str]
    """When the evaluation was that needs a document, by digest."""
    rested: dict[ResultKey, Rested]
    reads: list[tuple[int, datetime, list[Mapping[str, Any]]]]
    """What each evaluation read: the index of its leaf, its moment, and populations it sealed."""
    items: dict[tuple[str, str], Items]
    """What became of the items of the period, by rule and connection."""
    off: dict[str, list[tuple[datetime, str]]]
    """Of what nothing is concluded, by rule or control: when evaluations were, and why."""
    shares: dict[tuple[str, str, str], MonthShare]
    """By rule, connection and month: how many of its items passed."""
    method: MethodFacts
    """What evaluations state of how they were made."""
    scopes: dict[str, ScopedHistory]
    """By framework that has a scope: what they state of what is in it."""

    def of_framework(self, framework: str) -> History:
        """Return what they state of what a framework concerns: all, unless it has a scope."""
        return self.scopes[framework].history if framework in self.scopes else self


class ScopedHistory(NamedTuple):
    """What the evaluations of a period state of what is in the scope of a framework."""

    history: History
    """Items, shares and failures alone."""
    stated: dict[str, StatedStretch]
    """By the scope in words."""
    named: set[tuple[str, str]]
    """Connection and name of the items that the scope names, and does not only leave in."""


class Reading(NamedTuple):
    """What is read of an evaluation."""

    rules: Collection[str]
    connections: Collection[str]
    erased: Collection[str]
    """Digests of contents that were erased by order."""
    period: tuple[datetime, datetime] | None = None
    """The period whose items are counted; None: none are."""
    frameworks: Collection[str] = ()
    """Those whose scopes are read."""


class ResultReader(Protocol):
    """Reads the results of evaluations that are not in their documents."""

    def read(
        self, order: Evaluated, evaluation: Mapping[str, Any], leaf: Mapping[str, Any]
    ) -> None:
        """Read those of one evaluation; they come in the order of their leaves."""

    def finish(self) -> None:
        """Add what lasts up to the last one."""


def empty_history() -> History:
    """Return a history of no evaluation."""
    return History({}, {}, set(), {}, {}, [], {}, {}, {}, MethodFacts(), {})


def read_evaluations(
    evaluations: Iterable[tuple[int, Mapping[str, Any], bytes]],
    reading: Reading,
    history: History,
    reader: ResultReader | None = None,
) -> None:
    """Read evaluations, each with the index of its leaf and the leaf, into a history.

    Args:
        evaluations: In the order of their leaves.
        reading: What is read of them.
        history: What they state is added to it.
        reader: Reads the results that are not in the documents.
    """
    for index, leaf, content in evaluations:
        evaluation = read_json(content, f"an evaluation, leaf {index} of the store's own log")
        at = moment(evaluation["evaluated_at"])
        history.method.add(evaluation, late="act" not in leaf)
        history.reads.append((index, at, share_texts(evaluation["evidence_read"])))
        documents = [pack["digest"] for pack in evaluation["packs"]]
        documents += [leaf["inputs"]] if "inputs" in leaf else []
        for name in documents:
            history.needs.setdefault(name, evaluation["evaluated_at"])
        for control in evaluation["controls"]:
            name = f"{control['framework']}:{control['id']}"
            history.statuses.setdefault(name, []).append((at, index, control["status"]))
            if control["scope"] is not None and control["framework"] not in history.scopes:
                why = f"not proven: what is outside of the scope of {control['framework']}"
                history.off.setdefault(name, []).append((at, f"{why} is not told apart"))
        for rule in evaluation["switched_off"]:
            why = f"the check {rule['rule']} was switched off: {rule['reason']}"
            history.off.setdefault(rule["rule"], []).append((at, why))
        since = {state["connection"]: state["period_since"] for state in evaluation["derived"]}
        for rule in evaluation["rules"]:
            if rule["rule"] in reading.rules:
                add_shares(history, (at, index), rule, since)
                add_results(history, (at, index), rule, reading, late="act" not in leaf)
        if reader is not None:
            reader.read((at, index), evaluation, leaf)
    if reader is not None:
        reader.finish()


def items_of(history: History, reading: Reading, rule: str, connection: str) -> Items:
    """Return what became of the items of a rule over a connection so far."""
    return history.items.setdefault((rule, connection), Items(reading.period))


def add_items(
    history: History, order: Evaluated, result: Mapping[str, Any], reading: Reading, *, late: bool
) -> None:
    """Add an item whose result is in the document of an evaluation."""
    subject, at = result["subject"], result["occurred_at"]
    if subject["kind"] in WHOLE or reading.period is None:
        return
    is_due_later = result["due_at"] is not None
    items_of(history, reading, result["rule"], result["connection"]).add(
        ItemEvaluation(
            key=f"{subject['kind']}:{subject['key']}",
            occurred_at=None if at is None else moment(at),
            status=item_status(result["status"], is_due_later=is_due_later),
            last=order,
            inside=reading.period[0] <= order[0] < reading.period[1],
            late=late,
        )
    )


def add_shares(
    history: History,
    order: Evaluated,
    rule: Mapping[str, Any],
    since: Mapping[str, str],
) -> None:
    """Add the shares of months by one rule, with how far back the evaluation looked."""
    for result in rule["results"]:
        connection, subject = result["connection"], result["subject"]
        month = subject["key"]
        if subject["kind"] == "population" and connection in since and PART.fullmatch(month):
            share = history.shares.setdefault((rule["rule"], connection, month), MonthShare())
            share.add(month, moment(since[connection]), order, result["status"])


def add_results(
    history: History,
    order: Evaluated,
    rule: Mapping[str, Any],
    reading: Reading,
    *,
    late: bool,
) -> None:
    """Add the results of one rule that are in the document."""
    for result in rule["results"]:
        subject, digests = result["subject"], result["evidence_digests"]
        key = (rule["rule"], result["connection"], subject["kind"], subject["key"])
        if result["connection"] in reading.connections:
            add_items(history, order, result, reading, late=late)
            history.evidence.update(digests)
            gone = frozenset(name for name in digests if name in reading.erased)
            if gone:
                before = history.rested.get(key, Rested(subject, 0, frozenset()))
                history.rested[key] = Rested(subject, before.evaluations + 1, before.digests | gone)
        # Where a pass rate decides, failures within it are tolerated.
        if result["status"] == "fail" and rule["status"] not in PASSING:
            waived = result["waiver"] is not None
            merge_failure(history.failures, key, (order, order), 1, subject, waived=waived)


def merge_failure(
    failures: dict[ResultKey, dict[str, Any]],
    key: ResultKey,
    bounds: tuple[Evaluated, Evaluated],
    evaluations: int,
    subject: Mapping[str, Any],
    *,
    waived: bool,
) -> None:
    """Add some evaluations, from a first to a last one, in which a subject failed."""
    first, last = bounds
    entry = failures.setdefault(
        key, {"first": first, "last": last, "evaluations": 0, "waived": True, "subject": subject}
    )
    entry["first"], entry["last"] = min(entry["first"], first), max(entry["last"], last)
    if entry["last"] == last:
        entry["subject"] = subject
    entry["evaluations"] += evaluations
    entry["waived"] = entry["waived"] and waived
