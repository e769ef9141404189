"""Collects the values of each service's custom fields, such as its tier.

Follows https://developer.pagerduty.com/api-reference "Get Custom Field Values". No list has them,
so that each service costs a request: they are read once a day. Values that somebody chose from a
list, truths and numbers are stored as they are; whatever was typed is stored as a pseudonym.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccm_core.sdk.errors import BadResponse
from ccm_core.sdk.json_codec import encode
from ccm_core.sdk.types import Collector
from ccm_core.sdk.url_path import url_path
from ccm_pagerduty.collectors.per_object import each_unless_all_refused
from ccm_pagerduty.references import reference_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession

SERVICE = "pagerduty.service"
CHOSEN = frozenset({"single_value_fixed", "multi_value_fixed"})
"""Types of fields whose values are chosen from a list that an administrator wrote."""
FREE_OF_TEXT = frozenset({"boolean", "integer", "float"})


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.service_custom_fields", collect=collect, needs=(SERVICE,))


async def collect(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """Read the custom fields of every service."""

    async def values(service: JsonObject) -> AsyncIterator[CollectorEvent]:
        path = url_path("/services/{}/custom_fields/values", service["id"])
        fetched = await session.get(path, "custom_fields")
        fields = fetched.value
        if not isinstance(fields, list) or not all(isinstance(field, dict) for field in fields):
            raise BadResponse(
                f"{fetched.response.summary()}: 'custom_fields' is not a list of objects"
            )
        body = {
            "service": reference_to(service, "service_reference"),
            "fields": sorted(map(_field, fields), key=lambda field: str(field["name"])),
        }
        yield fetched.page([body])

    services = request.current_records[SERVICE]
    async for event in each_unless_all_refused(SERVICE, services, values):
        yield event


def _field(field: JsonObject) -> JsonObject:
    """Return a field with its values as a list of texts, whatever their type and number."""
    is_public = field.get("field_type") in CHOSEN or field.get("data_type") in FREE_OF_TEXT
    shown = {
        name: field.get(name) for name in ("id", "name", "display_name", "data_type", "field_type")
    }
    return {**shown, ("values" if is_public else "private_values"): _texts(field.get("value"))}


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):  # described so, and not shown so by any example
        value = value.get("value")
    values = value if isinstance(value, list) else [value]
    return [
        part if isinstance(part, str) else encode(part).decode()
        for part in values
        if part is not None
    ]
