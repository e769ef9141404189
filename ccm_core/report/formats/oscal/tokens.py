"""The form of ids, tokens, properties and lines in OSCAL."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from ccm_core.model import json_codec
from ccm_core.model.evaluation.result import Status
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content import uuids
from ccm_core.report.content.cell_width import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccm_core.model.evaluation.result import ControlResult, Result
    from ccm_core.model.json_codec import JsonObject

NAMESPACE = "urn:ccm:oscal"
REPORTED = (Status.FAIL, Status.INSUFFICIENT, Status.ERROR)
"""Results that have an observation of their own; the others are counted in their rule's."""
EMPTY = "(none)"
"""Stands for a text that must not be empty and is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """The UUIDs of one document."""

    evaluation: str
    """The evaluation's digest."""

    def of(self, *names: str) -> str:
        """Return an id within this evaluation."""
        return uuids.uuid(self.evaluation, *names)

    def result(self, result: Result) -> str:
        """Return the id of a result's observation."""
        subject = result.subject
        # The reason is part of it: one rule may say two things of all of a connection.
        return self.of(
            "observation", uuids.of_result(result), subject.key, result.status, result.reason
        )

    def subject(self, result: Result) -> str:
        """Return the id of a subject: the same in every document."""
        subject = result.subject
        return uuids.uuid("subject", result.connection, subject.kind, subject.key)


def token(control: ControlResult) -> str:
    """Return a control's id as an NCName: ``soc2_CC7.4``, ``hipaa_164.308_a__6_``.

    Other characters become ``_``; where that would join two ids, part of a digest tells them
    apart.
    """
    name = f"{control.framework}_{control.id}"
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    if safe != name or not re.match(r"[A-Za-z_]", safe):
        code = json_codec.encode([control.framework, control.id])
        safe = f"_{safe}-{hashlib.sha256(code).hexdigest()[:8]}"
    return safe


def line(text: str) -> str:
    """Return a text on one line that is never empty."""
    return plain(text).replace("\ufeff", "") or EMPTY


def prop(name: str, value: str) -> JsonObject:
    """Return one property in our namespace."""
    return {"name": name, "ns": NAMESPACE, "value": line(value)}


def props(values: Mapping[str, str | None]) -> list[JsonObject]:
    """Return the properties that there are."""
    return [prop(name, value) for name, value in values.items() if value is not None]
