"""Ids that follow from what they name: the same input gives the same id, on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from ccm_core.model import json_codec

if TYPE_CHECKING:
    from ccm_core.model.evaluation.result import Evaluation, Result

_OURS = uuid5(NAMESPACE_URL, "urn:ccm:report")


def uuid(*names: str) -> str:
    """Give a version 5 UUID (RFC 9562); different names give different ones."""
    return str(uuid5(_OURS, json_codec.encode(names).decode()))


def of_evaluation(evaluation: Evaluation) -> str:
    """Give the digest of an evaluation, the same under which the store keeps it."""
    return json_codec.digest(json_codec.encode(evaluation))


def of_result(result: Result) -> str:
    """Give an id that one rule on one subject keeps from evaluation to evaluation."""
    about = result.subject
    return result.id or uuid("result", result.rule, result.connection, about.kind, about.key)
