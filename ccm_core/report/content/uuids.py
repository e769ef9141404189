"""Ids that follow from what they name: the same input gives the same id, on every machine."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from ccm_core.model import json_codec
from ccm_core.report.content.json_stream import Fields, Rows, blocks, fields_of, json_pieces

if TYPE_CHECKING:
    from ccm_core.model.evaluation.result import Evaluation, Result

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:ccm:report")


def uuid(*names: str) -> str:
    """Return a version 5 UUID (RFC 9562); different names have different ones."""
    return str(uuid5(_NAMESPACE, json_codec.encode(names).decode()))


def of_evaluation(evaluation: Evaluation) -> str:
    """Return the digest of an evaluation, as in the store."""
    sha256 = hashlib.sha256()
    for block in blocks(json_pieces(evaluation_fields(evaluation))):
        sha256.update(block)
    return f"sha256:{sha256.hexdigest()}"


def evaluation_fields(evaluation: Evaluation) -> Fields:
    """Return an evaluation to be written result by result."""
    rules = (fields_of(rule, results=Rows(rule.results)) for rule in evaluation.rules)
    return fields_of(evaluation, rules=Rows(rules))


def of_finding(name: str) -> str:
    """Return the UUID of a finding, the same in every report."""
    return uuid("finding", name)


def of_result(result: Result) -> str:
    """Return the id of one rule on one subject, the same in every evaluation."""
    subject = result.subject
    return result.id or uuid("result", result.rule, result.connection, subject.kind, subject.key)
