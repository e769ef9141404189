"""The view ``pagerduty.webhook_delivery``: whether PagerDuty sends to a webhook, and whose it is.

A webhook is for the incidents of a service, of a team or of the whole account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import title_of
from ccm_pagerduty.views.outbound.belonging import Belonging, page_of_account, services_of
from ccm_pagerduty.views.row_builder import SERVICE, TEAM, WEBHOOK, RecordIndex, RowBuilder
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Row, ViewRequest

ACCOUNT = "account"


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each webhook subscription."""
    index = RecordIndex(request.records, request.vanished)
    page = page_of_account([*index.records(TEAM), *index.records(SERVICE)])
    for record in index.records(WEBHOOK):
        builder = RowBuilder(index)
        webhook = builder.read(record)
        scope, belonging = _scope(webhook.get("filter") or {}, builder, page)
        body = known_fields(stopped=webhook.get("stopped"), active=webhook.get("active"))
        yield builder.build(
            record,
            body | {"scope": scope, "belongs_to": belonging.names},
            title=webhook.get("description") or f"webhook {record.key}",
            owned={"teams": belonging.teams},
            url=belonging.url,
        )


def _scope(chosen: JsonObject, builder: RowBuilder, page: str | None) -> tuple[str, Belonging]:
    """Return whose incidents a webhook is for, and who owns it."""
    key, kind = chosen.get("id"), chosen.get("type") or ""
    if key and kind.startswith("service"):
        return "service", services_of([key], builder)
    if key and kind.startswith("team"):
        return "team", _team(key, builder)
    return ACCOUNT, Belonging(url=page)


def _team(key: str, builder: RowBuilder) -> Belonging:
    record = builder.find_last(TEAM, key)
    if record is None:
        return Belonging(names=[key])
    title = title_of(record.body)
    teams = [] if builder.is_deleted(TEAM, key) else [{"id": key, "summary": title}]
    return Belonging(names=[title], teams=teams, url=record.body.get("html_url"))
