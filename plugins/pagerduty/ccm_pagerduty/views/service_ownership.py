"""The view ``pagerduty.service_ownership``: which teams own a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, references
from ccm_pagerduty.views.row_builder import SERVICE, TEAM, RecordIndex, RowBuilder
from ccm_pagerduty.views.service_readiness import status_of
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Row, ViewRequest

HIDDEN = "a team that owns it is not in the evidence, so it may be hidden"


def rows(request: ViewRequest) -> Iterable[Row]:
    """Give one row for each service."""
    library = RecordIndex(request.records)
    for record in library.records(SERVICE):
        trail = RowBuilder(library)
        service = trail.read(record)
        body = known_fields(status=status_of(service)) | owners(service, trail)
        yield trail.build(record, body, unknown={"*": HIDDEN})


def owners(service: JsonObject, trail: RowBuilder) -> JsonObject:
    """List the owner teams. A team that is named and not listed may be hidden: not known."""
    if service.get("teams") is None:
        return {}
    teams = references(service, "teams")
    listed = [ref for ref in teams if trail.find(TEAM, ref["id"]) is not None]
    has_owner = None if teams and not listed else bool(listed)
    return {"owner_teams": [id_and_title(ref) for ref in teams]} | known_fields(has_owner_team=has_owner)
