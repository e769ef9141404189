"""Collects users, with the flags of their contact methods and their notification rules.

Follows https://developer.pagerduty.com/api-reference "List users". Where the list has the rules as
references only, they are read user by user ("List a user's notification rules", of which the
default is those of high urgency). Where the credential may not read contact methods at all, users
are listed without, and what rests on them is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ccm_core.sdk.errors import BadRequest, NotAvailable, PermissionDenied, SourceError
from ccm_core.sdk.types import CollectionNote, Collector, Page
from ccm_core.sdk.url_path import url_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession

INCLUDE = (("include[]", "contact_methods"), ("include[]", "notification_rules"))
ALL = (("urgency", "all"),)


def collector() -> Collector:
    """Return the collector."""
    return Collector(kind="pagerduty.user", collect=collect)


async def collect(
    session: PagerDutySession, _request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List every user, as completely as the credential may."""
    rules, has_page = _RulesByUser(session), False
    try:
        async for event in session.listing("/users", "users", INCLUDE):
            has_page = True
            yield await rules.completed(event) if isinstance(event, Page) else event
    except PermissionDenied as error:
        if has_page:
            raise
        rules.refusal = error
    if not has_page:
        async for event in session.listing("/users", "users"):
            yield event
    if rules.refusal is not None:
        yield CollectionNote(
            text=f"how users are notified is not known of all of them: {rules.refusal}"
        )


@dataclass(slots=True)
class _RulesByUser:
    """Reads notification rules user by user, until that is refused."""

    session: PagerDutySession
    refusal: SourceError | None = None

    async def completed(self, page: Page) -> Page:
        """Return a page whose users have their rules and not references to them."""
        if not any(map(_lacks_rules, page.items)):
            return page
        return replace(page, items=[await self._completed(user) for user in page.items])

    async def _completed(self, user: JsonObject) -> JsonObject:
        if self.refusal is not None or not _lacks_rules(user):
            return user
        path = url_path("/users/{}/notification_rules", user.get("id"))
        try:
            fetched = await self.session.get(path, "notification_rules", ALL)
        except (PermissionDenied, NotAvailable, BadRequest) as error:
            self.refusal = error
            return user
        return {**user, "notification_rules": fetched.value}


def _lacks_rules(user: JsonObject) -> bool:
    """Whether a user has notification rules that are references only."""
    rules = user.get("notification_rules")
    return isinstance(rules, list) and any(map(_is_reference, rules))


def _is_reference(rule: Any) -> bool:
    return isinstance(rule, dict) and str(rule.get("type")).endswith("_reference")
