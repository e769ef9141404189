"""Reads the lists whose objects refer to each other, up to a number of pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import SourceError
from ccm_core.sdk.types import Page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.client import PagerDutySession

PAGES = 10
"""Pages of each list: a check is not a collection."""
SERVICES, POLICIES, SCHEDULES = "/services", "/escalation_policies", "/schedules"
SHIFT_BASED, TEAMS, USERS = "/v3/schedules", "/teams", "/users"
_WRAPPERS = {
    SERVICES: "services",
    POLICIES: "escalation_policies",
    SCHEDULES: "schedules",
    SHIFT_BASED: "schedules",
    TEAMS: "teams",
    USERS: "users",
}
_PARAMETERS = {SCHEDULES: (("include[]", "schedule_layers"),)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleList:
    """One list, as far as it was read."""

    items: Sequence[JsonObject] = ()
    complete: bool = False
    """Whether it was read to its end."""

    @property
    def ids(self) -> set[str]:
        """Return the ids on the list."""
        return {str(item.get("id")) for item in self.items}


async def read_lists(session: PagerDutySession) -> Mapping[str, SampleList]:
    """Return the lists by path; a refused list is empty and not complete."""
    return {path: await _read(session, path) for path in _WRAPPERS}


async def _read(session: PagerDutySession, path: str) -> SampleList:
    items: list[JsonObject] = []
    pages, last = 0, False
    listing = session.listing(path, _WRAPPERS[path], _PARAMETERS.get(path, ()), counted=False)
    try:
        async for event in listing:
            if isinstance(event, Page):
                items += event.items
                pages, last = pages + 1, event.last
                if pages >= PAGES:
                    break
    except SourceError:
        return SampleList()
    finally:
        if close := getattr(listing, "aclose", None):
            await close()
    return SampleList(items=items, complete=last)
