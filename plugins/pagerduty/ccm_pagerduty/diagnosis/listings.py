"""The lists whose objects name each other, as far as a check looks."""

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
"""Pages of each list: a check is a look, not a collection."""
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
class Listing:
    """One list as far as it was read."""

    items: Sequence[JsonObject] = ()
    whole: bool = False
    """Whether it ended before the look did."""

    @property
    def ids(self) -> set[str]:
        """The ids on the list."""
        return {str(one.get("id")) for one in self.items}


async def read_lists(session: PagerDutySession) -> Mapping[str, Listing]:
    """Read the lists, by path. One that is closed is empty and not whole: it says nothing."""
    return {path: await _read(session, path) for path in _WRAPPERS}


async def _read(session: PagerDutySession, path: str) -> Listing:
    items: list[JsonObject] = []
    pages, last = 0, False
    listing = session.listing(path, _WRAPPERS[path], _PARAMETERS.get(path, ()), counted=False)
    try:
        async for found in listing:
            if isinstance(found, Page):
                items += found.items
                pages, last = pages + 1, found.last
                if pages >= PAGES:
                    break
    except SourceError:
        return Listing()
    finally:
        if close := getattr(listing, "aclose", None):
            await close()
    return Listing(items=items, whole=last)
