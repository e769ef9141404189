"""Ids that follow from what they name: the same input gives the same id, on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from ccm_core.model import json_codec
from ccm_core.model.digest import digest

if TYPE_CHECKING:
    from ccm_core.model.evaluation.result import Evaluation, Result

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:ccm:report")


def uuid(*names: str) -> str:
    """Return a version 5 UUID (RFC 9562); different names have different ones."""
    return str(uuid5(_NAMESPACE, json_codec.encode(names).decode()))


def of_evaluation(evaluation: Evaluation) -> str:
    """Return the digest of an evaluation, as in the store."""
    return digest(json_codec.encode(evaluation))


def of_result(result: Result) -> str:
    """Return the id of one rule on one subject, the same in every evaluation."""
    subject = result.subject
    return result.id or uuid("result", result.rule, result.connection, subject.kind, subject.key)
