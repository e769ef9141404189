"""Looking up one object that records name and no listing has.

PagerDuty answers 404 for what is deleted and for what is hidden alike, so only for users, whom
every credential may list, does it mean that they are gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadRequest, NotAvailable, PermissionDenied
from ccm_core.sdk.types import LookupOutcome
from ccm_pagerduty.api_errors import AbilityMissing

if TYPE_CHECKING:
    from ccm_pagerduty.client import PagerDutySession

PLACES: dict[str, tuple[tuple[str, str], ...]] = {
    "pagerduty.user": (("/users", "user"),),
    "pagerduty.team": (("/teams", "team"),),
    "pagerduty.service": (("/services", "service"),),
    "pagerduty.escalation_policy": (("/escalation_policies", "escalation_policy"),),
    "pagerduty.schedule": (("/schedules", "schedule"), ("/v3/schedules", "schedule")),
    "pagerduty.incident": (("/incidents", "incident"),),
}
"""Where an object of a kind is asked for, one place after the other, and its wrapper there."""

EVENTS = frozenset({"pagerduty.incident"})
"""Kinds that are listed by window: an older object is there without being listed."""
SEEN_BY_ALL = frozenset({"pagerduty.user"})
ATTEMPTS = 3
_TELLING = (LookupOutcome.HIDDEN, LookupOutcome.DELETED, LookupOutcome.NOT_FOUND)
"""What tells most, first: the two worlds of schedules answer differently for one id."""


async def look_up(session: PagerDutySession, kind: str, key: str) -> LookupOutcome:
    """Ask for one object.

    Raises:
        AuthenticationFailed: The credential is refused altogether.
        SourceError: The source does not say.
    """
    told = {
        await _asked(session, f"{path}/{key}", wrapper, kind)
        for path, wrapper in PLACES.get(kind, ())
    }
    if LookupOutcome.FOUND in told:
        return LookupOutcome.FOUND if kind in EVENTS else LookupOutcome.UNLISTED
    return next((one for one in _TELLING if one in told), LookupOutcome.UNKNOWN)


async def _asked(session: PagerDutySession, path: str, wrapper: str, kind: str) -> LookupOutcome:
    try:
        await session.get(path, wrapper, attempts=ATTEMPTS)
    except (AbilityMissing, BadRequest):
        # A schedule of the one world is a bad request in the other.
        return LookupOutcome.UNKNOWN
    except NotAvailable:
        return LookupOutcome.DELETED if kind in SEEN_BY_ALL else LookupOutcome.NOT_FOUND
    except PermissionDenied:
        return LookupOutcome.HIDDEN
    return LookupOutcome.FOUND
