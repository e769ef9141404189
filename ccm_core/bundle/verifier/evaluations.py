"""The evaluations of a period, read one at a time: statuses, exceptions, and what they rest on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.contents import moment
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


def read_evaluations(
    evaluations: Iterable[tuple[int, Mapping[str, Any], bytes]], reading: Reading
) -> History:
    """Read evaluations, each with the index of its leaf and the leaf."""
    history = History({}, {}, set(), {}, {}, [])
    for index, leaf, content in evaluations:
        evaluation = read_json(content)
        at = moment(evaluation["evaluated_at"])
        history.reads.append((index, at, evaluation["evidence_read"]))
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
    return history


def add_results(
    history: History, order: tuple[datetime, int], rule: Mapping[str, Any], reading: Reading
) -> None:
    """Add the results of one rule."""
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
            add_failure(history.failures, key, order, result)


def add_failure(
    failures: dict[ResultKey, dict[str, Any]],
    key: ResultKey,
    order: tuple[datetime, int],
    result: Mapping[str, Any],
) -> None:
    """Count a subject that failed."""
    entry = failures.setdefault(
        key, {"first": order, "last": order, "evaluations": 0, "waived": True, "subject": {}}
    )
    entry["first"], entry["last"] = min(entry["first"], order), max(entry["last"], order)
    if entry["last"] == order:
        entry["subject"] = result["subject"]
    entry["evaluations"] += 1
    entry["waived"] = entry["waived"] and result["waiver"] is not None
