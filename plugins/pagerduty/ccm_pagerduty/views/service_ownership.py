"""The view ``pagerduty.service_ownership``: which teams own a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, references_in
from ccm_pagerduty.views.row_builder import SERVICE, TEAM, RecordIndex, RowBuilder
from ccm_pagerduty.views.service_readiness import status_of
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Row, ViewRequest

HIDDEN = "an owner team of the service is not in the evidence and may be hidden"


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each service."""
    index = RecordIndex(request.records, request.vanished)
    for record in index.records(SERVICE):
        builder = RowBuilder(index)
        service = builder.read(record)
        body = known_fields(status=status_of(service)) | owner_fields(service, builder)
        yield builder.build(record, body, unknown={"*": HIDDEN})


def owner_fields(service: JsonObject, builder: RowBuilder) -> JsonObject:
    """Return the owner teams; ownership is unknown where a referenced team was never listed.

    A deleted team owns nothing.
    """
    if service.get("teams") is None:
        return {}
    teams = existing_teams(service, builder)
    listed = [ref for ref in teams if builder.find(TEAM, ref["id"]) is not None]
    has_owner = None if teams and not listed else bool(listed)
    return {"owner_teams": [id_and_title(ref) for ref in teams]} | known_fields(
        has_owner_team=has_owner
    )


def existing_teams(service: JsonObject, builder: RowBuilder) -> list[JsonObject]:
    """Return the references to a service's teams, without those to deleted teams."""
    teams = references_in(service, "teams")
    return [ref for ref in teams if not builder.is_deleted(TEAM, ref["id"])]
