"""The navigation: the pages that somebody may open, in the order of a morning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.web.access.roles import Permission

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.web.visit import Visit

_PAGES = (
    ("/", "Overview", Permission.READ),
    ("/findings", "Findings", Permission.READ),
    ("/checks", "Checks", Permission.READ_AUDIT),
    ("/frameworks", "Frameworks", Permission.READ_AUDIT),
    ("/sections", "On-call and incidents", Permission.READ),
    ("/changes", "Changes", Permission.READ),
    ("/evidence", "Evidence", Permission.READ_AUDIT),
    ("/integrations", "Integrations", Permission.READ),
    ("/audit", "Audit", Permission.READ_AUDIT),
    ("/ledger", "Ledger", Permission.READ_AUDIT),
    ("/activity", "Activity", Permission.READ_ACTIVITY),
    ("/settings", "Settings", Permission.READ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationLink:
    """A link of the navigation."""

    path: str
    title: str
    is_here: bool
    """Whether the page is this one, or below it."""


def navigation(visit: Visit) -> Sequence[NavigationLink]:
    """Return the pages that somebody may open; nobody is signed in: none."""
    who = visit.identity
    if who is None:
        return ()
    return [
        NavigationLink(path=path, title=title, is_here=_is_here(path, visit.path))
        for path, title, permission in _PAGES
        if who.may(permission)
    ]


def _is_here(path: str, here: str) -> bool:
    return here == path or (path != "/" and here.startswith(f"{path}/"))
