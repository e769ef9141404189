"""Owners in OSCAL: teams are parties, and items have them in the role of owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.report.content import uuids
from ccm_core.report.formats.oscal.tokens import REPORTED, line

if TYPE_CHECKING:
    from ccm_core.model.evaluation.result import Evaluation
    from ccm_core.model.evaluation.subject import Subject
    from ccm_core.model.json_codec import JsonObject

OWNER = "asset-owner"
"""The role, by its name in OSCAL."""


def owning(evaluation: Evaluation) -> JsonObject:
    """Return the role and every team in it, for the metadata; empty without owners."""
    names = {
        name
        for rule in evaluation.rules
        for result in rule.results
        if result.status in REPORTED
        for name in result.subject.owners
    }
    if not names:
        return {}
    parties = [
        {"uuid": _uuid(name), "type": "organization", "name": line(name)} for name in sorted(names)
    ]
    return {"roles": [{"id": OWNER, "title": "Owner"}], "parties": parties}


def owned(subject: Subject) -> JsonObject:
    """Return the owners of an inventory item."""
    if not subject.owners:
        return {}
    parties = [_uuid(name) for name in subject.owners]
    return {"responsible-parties": [{"role-id": OWNER, "party-uuids": parties}]}


def _uuid(name: str) -> str:
    return uuids.uuid("party", name)
