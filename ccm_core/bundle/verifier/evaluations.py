"""The evaluations of a period, read one at a time: statuses, exceptions, and what they rest on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from ccm_core.bundle.verifier.contents import moment
from ccm_core.bundle.verifier.proofs.leaf_table import share_texts
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


class Reading(NamedTuple):
    """What is read of an evaluation."""

    rules: Collection[str]
    connections: Collection[str]
    erased: Collection[str]
    """Digests of contents that were erased by order."""


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
    return History({}, {}, set(), {}, {}, [])


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
        history.reads.append((index, at, share_texts(evaluation["evidence_read"])))
        documents = [pack["digest"] for pack in evaluation["packs"]]
        documents += [leaf["inputs"]] if "inputs" in leaf else []
        for name in documents:
            history.needs.setdefault(name, evaluation["evaluated_at"])
        for control in evaluation["controls"]:
            name = f"{control['framework']}:{control['id']}"
            history.statuses.setdefault(name, []).append((at, index, control["status"]))
        for rule in evaluation["rules"]:
            if rule["rule"] in reading.rules:
                add_results(history, (at, index), rule, reading)
        if reader is not None:
            reader.read((at, index), evaluation, leaf)
    if reader is not None:
        reader.finish()


def add_results(
    history: History, order: Evaluated, rule: Mapping[str, Any], reading: Reading
) -> None:
    """Add the results of one rule that are in the document."""
    for result in rule["results"]:
        subject, digests = result["subject"], result["evidence_digests"]
        key = (rule["rule"], result["connection"], subject["kind"], subject["key"])
        if result["connection"] in reading.connections:
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
