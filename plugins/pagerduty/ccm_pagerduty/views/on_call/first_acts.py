"""The first act of each user in the logs of incidents: that they act shows that they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title
from ccm_pagerduty.views.incidents.incident_log import Actor, actor

if TYPE_CHECKING:
    from ccm_core.sdk.types import JsonObject, Record

_NO_ACT = "notify_log_entry"
"""Who is named in it was sent a message."""


def who_acted(entry: Record) -> str | None:
    """Return the id of the user who made a log entry; None: no person did, as far as it shows.

    What came through the API in the name of a user may be a script: it shows nobody.
    """
    body = entry.body
    if body["type"] == _NO_ACT or actor(body) is not Actor.PERSON:
        return None
    user = (body.get("agent") or {}).get("id")
    return None if user is None else str(user)


def act_fields(entry: JsonObject) -> JsonObject:
    """Return a log entry as rows show it: when somebody did what to which incident."""
    incident = entry.get("incident")
    return {
        "at": entry["created_at"],
        "type": str(entry["type"]).removesuffix("_log_entry"),
        "incident": id_and_title(incident) if incident else None,
    }
