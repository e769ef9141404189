"""The view ``pagerduty.user_access``: the base role of each user and what it allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant
from ccm_pagerduty.references import id_and_title, references_in
from ccm_pagerduty.views.manifest_runs import clock_since
from ccm_pagerduty.views.on_call.first_acts import act_fields
from ccm_pagerduty.views.on_call.responders import (
    PRIVILEGED_ROLES,
    ROLE_NAMES,
    STAKEHOLDER_ROLES,
    accepting_act,
    invitation_pending,
)
from ccm_pagerduty.views.row_builder import USER, RecordIndex, RowBuilder
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

UNKNOWN = "PagerDuty does not report it for this user"


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each user."""
    index = RecordIndex(request.records, earliest=request.earliest)
    for record in index.records(USER):
        builder = RowBuilder(index)
        body = access(record.body, builder) | _pending(record, builder)
        yield builder.build(record, body, unknown={"*": UNKNOWN})


def access(user: JsonObject, builder: RowBuilder) -> JsonObject:
    """Return the base role of a user and what it allows."""
    act, role = accepting_act(user, builder), user.get("role")
    teams = [id_and_title(ref) for ref in references_in(user, "teams")]
    return {"teams": teams} | known_fields(
        time_zone=user.get("time_zone"),
        role=role,
        role_name=None if role is None else ROLE_NAMES.get(role, role),
        privileged=None if role is None else role in PRIVILEGED_ROLES,
        stakeholder=None if role is None else role in STAKEHOLDER_ROLES,
        invitation_pending=invitation_pending(user, builder),
        first_act=None if act is None else act_fields(act),
    )


def _pending(user: Record, builder: RowBuilder) -> JsonObject:
    """Return since when a pending invitation is known to be pending.

    PagerDuty does not date it. This version of the record has the invitation pending from when it
    was first observed: the invitation is older, never younger.
    """
    if not invitation_pending(user.body, builder):
        return {}
    since = user.observed_at.replace(microsecond=0)
    return {"pending_at_least_since": format_instant(since), "pending_clock": clock_since(since)}
