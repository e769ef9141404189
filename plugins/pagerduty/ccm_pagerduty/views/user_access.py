"""The view ``pagerduty.user_access``: what a user may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, references
from ccm_pagerduty.views.on_call.responders import PRIVILEGED_ROLES, ROLE_NAMES, STAKEHOLDER_ROLES
from ccm_pagerduty.views.row_builder import USER, RecordIndex, RowBuilder
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

SILENT = "PagerDuty does not tell the role of every user, or not this user's state"


def rows(request: ViewRequest) -> Iterable[Row]:
    """Give one row for each user."""
    library = RecordIndex(request.records)
    privileged = [user for user in library.records(USER) if _privileged(user)]
    every_role_is_told = all(user.body.get("role") for user in library.records(USER))
    for record in library.records(USER):
        trail = RowBuilder(library)
        body = access(trail.read(record))
        if _privileged(record) and every_role_is_told:
            body["privileged_users"] = len(trail.read_all(privileged))
        yield trail.build(record, body, unknown={"*": SILENT})


def access(user: JsonObject) -> JsonObject:
    """Tell the role of a user and what it means."""
    role = user.get("role")
    return {"teams": [id_and_title(ref) for ref in references(user, "teams")]} | known_fields(
        role=role,
        role_name=None if role is None else ROLE_NAMES.get(role, role),
        privileged=None if role is None else role in PRIVILEGED_ROLES,
        stakeholder=None if role is None else role in STAKEHOLDER_ROLES,
        invitation_pending=user.get("invitation_sent"),
    )


def _privileged(user: Record) -> bool:
    return user.body.get("role") in PRIVILEGED_ROLES
