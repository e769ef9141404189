"""The evaluations of a period, read one at a time: statuses, exceptions, and what they rest on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from ccm_core.bundle.verifier.contents import moment
from ccm_core.bundle.verifier.counting.month_shares import MonthShare
from ccm_core.bundle.verifier.counting.period_items import (
    WHOLE,
    Evaluated,
    ItemEvaluation,
    Items,
    item_status,
)
from ccm_core.bundle.verifier.method_facts import MethodFacts, StatedStretch
from ccm_core.bundle.verifier.proofs.leaf_table import pack_digest, share_texts
from ccm_core.bundle.verifier.scope import PART
from ccm_core.bundle.verifier.strict_json import read_json

PASSING = {"pass", "not_applicable"}

ResultKey = tuple[str, str, str, str]
"""Rule, connection, kind and key of the subject."""


class Rested(NamedTuple):
    """Results on one subject that rest on evidence that was erased since."""

    subject: Mapping[str, Any]
    evaluations: int
    digests: frozenset[str]


class History(NamedTuple):
    """What the evaluations of a period state of some rules."""

    statuses: dict[str, list[tuple[datetime, int, str]]]
    """By control: when, the index of the leaf, and the status."""
    failures: dict[ResultKey, dict[str, Any]]
    evidence: set[bytes]
    """Packed digests of the evidence behind results."""
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
    left_out: set[tuple[str, str]]
    """The same of those that it left out in some evaluation."""


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
    seals: dict[Any, Mapping[str, Any]] = {}
    for index, leaf, content in evaluations:
        evaluation = read_json(content, f"an evaluation, leaf {index} of the store's own log")
        at = moment(evaluation["evaluated_at"])
        history.method.add(evaluation, late="act" not in leaf)
        history.reads.append((index, at, share_seals(evaluation["evidence_read"], seals)))
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


def share_seals(
    reads: Iterable[Mapping[str, Any]], seals: dict[Any, Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return what an evaluation read, of which equal seals are one in memory: most repeat."""
    return [
        {
            **share_texts({name: read[name] for name in read if name != "kinds"}),
            "kinds": [
                seals.setdefault(tuple(sorted(kind.items())), share_texts(kind))
                for kind in read["kinds"]
            ],
        }
        for read in reads
    ]


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
            history.evidence.update(map(pack_digest, digests))
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
