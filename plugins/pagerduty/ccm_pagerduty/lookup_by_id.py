"""Looks up one object by id that records reference and no listing contains.

PagerDuty responds 404 for deleted and for hidden objects alike. It means that an object was deleted
where nothing is hidden: for a credential that sees the whole account, and for users, whom every
credential may list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadRequest, NotAvailable, PermissionDenied
from ccm_core.sdk.types import LookupOutcome, Visibility
from ccm_core.sdk.url_path import url_path
from ccm_pagerduty.api_errors import AbilityMissing

if TYPE_CHECKING:
    from ccm_pagerduty.client import PagerDutySession

ENDPOINTS: dict[str, tuple[tuple[str, str], ...]] = {
    "pagerduty.user": (("/users", "user"),),
    "pagerduty.team": (("/teams", "team"),),
    "pagerduty.service": (("/services", "service"),),
    "pagerduty.escalation_policy": (("/escalation_policies", "escalation_policy"),),
    "pagerduty.schedule": (("/schedules", "schedule"), ("/v3/schedules", "schedule")),
    "pagerduty.incident": (("/incidents", "incident"),),
}
"""By kind: the endpoints at which an object is requested, in order, with their wrappers."""

EVENTS = frozenset({"pagerduty.incident"})
"""Kinds that are listed by window: an older object exists without being listed."""
VISIBLE_TO_ALL = frozenset({"pagerduty.user"})
ATTEMPTS = 3
_PRECEDENCE = (LookupOutcome.HIDDEN, LookupOutcome.DELETED, LookupOutcome.NOT_FOUND)
"""The most specific outcome first: layer-based and shift-based schedules may differ for one id."""


async def look_up(session: PagerDutySession, kind: str, key: str) -> LookupOutcome:
    """Look up one object by its id.

    Raises:
        AuthenticationFailed: The credential is refused.
        SourceError: The source does not respond.
    """
    outcomes = {
        await _request(session, path, key, wrapper, kind)
        for path, wrapper in ENDPOINTS.get(kind, ())
    }
    if LookupOutcome.FOUND in outcomes:
        return LookupOutcome.FOUND if kind in EVENTS else LookupOutcome.UNLISTED
    return next((outcome for outcome in _PRECEDENCE if outcome in outcomes), LookupOutcome.UNKNOWN)


async def _request(
    session: PagerDutySession, path: str, key: str, wrapper: str, kind: str
) -> LookupOutcome:
    try:
        await session.get(url_path(f"{path}/{{}}", key), wrapper, attempts=ATTEMPTS)
    except (AbilityMissing, BadRequest):
        # The id of a layer-based schedule is a bad request for shift-based ones, and vice versa.
        return LookupOutcome.UNKNOWN
    except NotAvailable:
        nothing_hidden = session.credential.visibility is Visibility.WHOLE
        deleted = nothing_hidden or kind in VISIBLE_TO_ALL
        return LookupOutcome.DELETED if deleted else LookupOutcome.NOT_FOUND
    except PermissionDenied:
        return LookupOutcome.HIDDEN
    return LookupOutcome.FOUND
