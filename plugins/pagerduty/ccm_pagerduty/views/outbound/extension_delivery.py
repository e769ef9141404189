"""The view ``pagerduty.extension_delivery``: whether PagerDuty sends to each extension; its owners.

An extension belongs to services, and has no team of its own: the teams of its services own it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import references_in
from ccm_pagerduty.views.outbound.belonging import services_of
from ccm_pagerduty.views.row_builder import EXTENSION, RecordIndex, RowBuilder
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import Row, ViewRequest


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each extension."""
    index = RecordIndex(request.records, request.vanished)
    for record in index.records(EXTENSION):
        builder = RowBuilder(index)
        extension = builder.read(record)
        keys = [ref["id"] for ref in references_in(extension, "extension_objects")]
        services = services_of(keys, builder)
        body = known_fields(stopped=extension.get("stopped"))
        yield builder.build(
            record,
            body | {"services": services.names},
            owned={"teams": services.teams},
            url=services.url,
        )
