"""The view ``pagerduty.account_administrators``: who may change everything in the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Subject
from ccm_pagerduty.references import id_and_title, title_of
from ccm_pagerduty.views.on_call.responders import OWNER, PRIVILEGED_ROLES, ROLE_NAMES
from ccm_pagerduty.views.outbound.belonging import page_of_account
from ccm_pagerduty.views.row_builder import CONNECTION, USER, RecordIndex, RowBuilder
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

NO_OWNER = "no Account Owner is listed, and every account has one: the list of users is incomplete"


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for the connection; none where no user is listed."""
    index = RecordIndex(request.records)
    users = index.records(USER)
    if not users:
        return
    unknown = [user for user in users if not user.body.get("role")]
    privileged = [user for user in users if user.body.get("role") in PRIVILEGED_ROLES]
    owned = any(user.body.get("role") == OWNER for user in users)
    builder = RowBuilder(index)
    people = [_person(user) for user in builder.read_all(privileged)]
    body: JsonObject = {
        "administrators": people,
        "administrators_at_least": len(people),
    } | known_fields(administrator_count=len(people) if owned and not unknown else None)
    # Whoever is listed shows that there is no administrator.
    builder.read_all(unknown or (() if privileged else users[:1]))
    name = users[0].connection
    reasons = {"administrator_count": _unknown_roles(unknown) if unknown else NO_OWNER}
    subject = Subject(
        kind=CONNECTION,
        key=name,
        title=name,
        url=page_of_account(users, "users"),
        owners=tuple(title_of(user.body) for user in users if user.body.get("role") == OWNER),
    )
    yield builder.build_for(subject, body, reasons)


def _person(user: JsonObject) -> JsonObject:
    return id_and_title(user) | {"role_name": ROLE_NAMES[user["role"]]}


def _unknown_roles(users: Sequence[Record]) -> str:
    return f"PagerDuty does not report the role of {title_of(users[0].body)}" + (
        f" and {len(users) - 1} more" if len(users) > 1 else ""
    )
