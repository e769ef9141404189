"""What one rule says of the subjects of one connection, kept by change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.counting.period_items import (
    WHOLE,
    Evaluated,
    ItemEvaluation,
    Items,
    item_status,
)
from ccm_core.bundle.verifier.derived.derived_bodies import RuleVerdict, SubjectRow
from ccm_core.bundle.verifier.evaluations import (
    History,
    Rested,
    ScopedHistory,
    merge_failure,
)
from ccm_core.bundle.verifier.proofs.leaf_table import unpack_digest


class Standing(NamedTuple):
    """A subject that counts, and what the rule says of it."""

    row: SubjectRow
    verdict: RuleVerdict


class OpenSpan(NamedTuple):
    """Since when something has been true of a subject: from which of the rule's evaluations on."""

    start: int
    subject: Mapping[str, Any]
    waived: bool = False
    erased: frozenset[bytes] = frozenset()
    """Packed digests."""


class StoredOrder:
    """Evaluations in the order of their leaves: nearly always the order of their moments."""

    def __init__(self) -> None:
        self.entries: list[Evaluated] = []
        self.ascending = True

    def append(self, entry: Evaluated) -> None:
        """Add an evaluation."""
        self.ascending = self.ascending and (not self.entries or self.entries[-1] <= entry)
        self.entries.append(entry)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.entries)

    def first_from(self, start: int) -> Evaluated:
        """Return the first by its moment of those from one on."""
        return self.entries[start] if self.ascending else min(self.entries[start:])

    def last_from(self, start: int) -> Evaluated:
        """Return the last by its moment of those from one on."""
        return self.entries[-1] if self.ascending else max(self.entries[start:])


class RuleTally:
    """The counts of one rule, its failing subjects, and the evidence behind its results."""

    def __init__(
        self, rule: str, connection: str, items: Items, scoped: ScopedHistory | None = None
    ) -> None:
        self.rule, self.connection, self.items = rule, connection, items
        self.scoped = scoped
        """What is in the scope of a framework, where only that is counted."""
        self.letter: int | None = None
        """Which letter of rows tells what is outside of it; None: everything is in scope."""
        self.rescoped = False
        """Whether the scope was changed since the rows were counted last."""
        self.key = self.judged_key = ""
        """The digest of what its verdicts depend on: now, and when they counted last."""
        self.inside = 0
        """In how many evaluations of the period itself its verdicts counted."""
        self.since: dict[str, tuple[int, int]] = {}
        """From which of its evaluations on a subject has counted: of all, and of the period."""
        self.rated = False
        self.standings: dict[str, Standing] = {}
        self.unreadable: set[str] = set()
        """Subjects whose row or verdict was erased: nobody knows whether they count."""
        self.counts: Counter[str] = Counter()
        self.whole: Counter[str] = Counter()
        """Of the results on the connection itself."""
        self.failing: dict[str, OpenSpan] = {}
        self.rested: dict[str, OpenSpan] = {}
        self.waived: Mapping[str, str] = {}
        self.fresh: set[str] = set()
        """Subjects whose evidence was not added yet, since they or it changed."""
        self.fresh_names: set[str] = set()
        """Records that changed behind subjects that did not."""
        self.judged = 0
        """In how many evaluations its verdicts counted."""
        self.orders = StoredOrder()
        """These evaluations."""
        self.failed = StoredOrder()
        """The evaluations in which its failures count."""

    def put(self, key: str, standing: Standing | None, history: History) -> None:
        """Set whether a subject counts, and what is said of it."""
        history = self.target(history)
        before = self.standings.pop(key, None)
        self.end_rested(key, history)
        if before is not None:
            self.end_item(key, before)
            self.count(before, -1)
            self.end_failing(key, history)
        self.fresh.discard(key)
        if standing is not None:
            self.standings[key] = standing
            self.since[key] = (self.judged, self.inside)
            self.count(standing, 1)
            self.fresh.add(key)
            self.begin_failing(key)

    def target(self, history: History) -> History:
        """Return to what this tally adds: to the history, or to that of its scope."""
        return history if self.scoped is None else self.scoped.history

    def count(self, standing: Standing, number: int) -> None:
        """Count a subject in or out."""
        counter = self.whole if standing.row.subject["kind"] in WHOLE else self.counts
        counter[standing.verdict.status] += number

    # -- items --------------------------------------------------------------------------------

    def end_item(self, key: str, standing: Standing) -> None:
        """Add what was said of a subject in the evaluations since it changed last."""
        judged, inside = self.since.pop(key)
        row, verdict = standing
        if self.judged == judged or row.subject["kind"] in WHOLE:
            return
        self.items.add(
            ItemEvaluation(
                key=key,
                occurred_at=row.occurred_at,
                status=item_status(verdict.status, is_due_later=verdict.is_due_later),
                last=self.orders.last_from(judged),
                inside=self.inside > inside,
                changed=self.key != self.judged_key,
                first=self.orders.first_from(judged),
            )
        )

    # -- failures -----------------------------------------------------------------------------

    def begin_failing(self, key: str) -> None:
        """Note from when on a subject fails, where it does."""
        standing = self.standings[key]
        if standing.verdict.status == "fail":
            subject = standing.row.subject
            self.failing[key] = OpenSpan(len(self.failed), subject, waived=key in self.waived)

    def end_failing(self, key: str, history: History) -> None:
        """Add the evaluations in which a subject failed."""
        span = self.failing.pop(key, None)
        if span is None or span.start == len(self.failed):
            return
        count = len(self.failed) - span.start
        subject = span.subject
        result_key = (self.rule, self.connection, subject["kind"], subject["key"])
        first = self.failed.first_from(span.start)
        last = self.failed.last_from(span.start)
        merge_failure(
            history.failures, result_key, (first, last), count, subject, waived=span.waived
        )

    def set_waived(self, waived: Mapping[str, str], history: History) -> None:
        """Set which failing subjects are covered by a waiver."""
        history = self.target(history)
        changed = waived.keys() ^ self.waived.keys()
        self.waived = waived
        for key in changed & self.failing.keys():
            self.end_failing(key, history)
            self.begin_failing(key)

    # -- evidence -----------------------------------------------------------------------------

    def end_rested(self, key: str, history: History) -> None:
        """Add the evaluations in which a result rested on erased evidence."""
        span = self.rested.pop(key, None)
        if span is None or span.start == self.judged:
            return
        subject = span.subject
        result_key = (self.rule, self.connection, subject["kind"], subject["key"])
        before = history.rested.get(result_key, Rested(subject, 0, frozenset()))
        evaluations = before.evaluations + self.judged - span.start
        history.rested[result_key] = Rested(
            subject, evaluations, before.digests | set(map(unpack_digest, span.erased))
        )

    def rest_on_erased(self, key: str, digests: frozenset[bytes]) -> None:
        """Note that the row of a subject, or the verdict on it, was erased itself."""
        kind, _, name = key.partition(":")
        subject = {"kind": kind, "key": name, "title": name}
        self.rested[key] = OpenSpan(self.judged, subject, erased=digests)

    def add_evidence(
        self, digests: Mapping[str, bytes], erased: Collection[bytes], history: History
    ) -> set[str]:
        """Add the packed digests of what changed behind results of an evaluation that counts.

        Returns:
            The records that results rest on and that no leaf states: they were left out.
        """
        unstated: set[str] = set()
        if self.scoped is not None:  # the tally of all adds it
            self.fresh.clear()
            self.fresh_names.clear()
            return unstated
        for key in self.fresh:
            standing = self.standings[key]
            names = (*standing.row.names, *standing.verdict.looked_up)
            unstated.update(name for name in names if name not in digests)
            behind = {digests[name] for name in names if name in digests}
            history.evidence.update(behind)
            gone = frozenset(behind.intersection(erased)) if erased else frozenset()
            if key not in self.rested or self.rested[key].erased != gone:
                self.end_rested(key, history)
                if gone:
                    subject = standing.row.subject
                    self.rested[key] = OpenSpan(self.judged, subject, erased=gone)
        history.evidence.update(digests[name] for name in self.fresh_names)
        self.fresh.clear()
        self.fresh_names.clear()
        return unstated

    def judge(self, order: Evaluated, *, failures: bool) -> None:
        """Count an evaluation in which the verdicts of the rule count."""
        self.judged += 1
        self.orders.append(order)
        self.judged_key = self.key
        period = self.items.period
        self.inside += period is not None and period[0] <= order[0] < period[1]
        if failures:
            self.failed.append(order)

    def finish(self, history: History) -> None:
        """End what lasts up to the last evaluation."""
        history = self.target(history)
        self.key = self.judged_key
        for key, standing in self.standings.items():
            self.end_item(key, standing)
        for key in list(self.failing):
            self.end_failing(key, history)
        for key in list(self.rested):
            self.end_rested(key, history)

    def waived_failures(self) -> int:
        """Return how many failing subjects are covered by a waiver."""
        return sum(
            self.standings[key].row.subject["kind"] not in WHOLE
            for key in self.waived
            if key in self.failing
        )


def unused_waivers(tally: RuleTally) -> list[str]:
    """Return the subjects that a waiver covers although they do not fail."""
    return sorted(
        key
        for key in tally.waived
        if key not in tally.failing
        and key not in tally.unreadable
        and key.partition(":")[0] not in WHOLE
    )
