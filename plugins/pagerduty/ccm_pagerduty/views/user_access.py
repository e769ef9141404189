"""The view ``pagerduty.user_access``: the base role of each user and what it allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, references_in
from ccm_pagerduty.views.on_call.responders import PRIVILEGED_ROLES, ROLE_NAMES, STAKEHOLDER_ROLES
from ccm_pagerduty.views.row_builder import USER, RecordIndex, RowBuilder
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

UNKNOWN_ROLES = "PagerDuty does not report the role of every user, or not the state of this user"


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each user."""
    index = RecordIndex(request.records)
    privileged = [user for user in index.records(USER) if _privileged(user)]
    all_roles_known = all(user.body.get("role") for user in index.records(USER))
    for record in index.records(USER):
        builder = RowBuilder(index)
        body = access(builder.read(record))
        if _privileged(record) and all_roles_known:
            body["privileged_users"] = len(builder.read_all(privileged))
        yield builder.build(record, body, unknown={"*": UNKNOWN_ROLES})


def access(user: JsonObject) -> JsonObject:
    """Return the base role of a user and what it allows."""
    role = user.get("role")
    return {"teams": [id_and_title(ref) for ref in references_in(user, "teams")]} | known_fields(
        role=role,
        role_name=None if role is None else ROLE_NAMES.get(role, role),
        privileged=None if role is None else role in PRIVILEGED_ROLES,
        stakeholder=None if role is None else role in STAKEHOLDER_ROLES,
        invitation_pending=user.get("invitation_sent"),
    )


def _privileged(user: Record) -> bool:
    return user.body.get("role") in PRIVILEGED_ROLES
