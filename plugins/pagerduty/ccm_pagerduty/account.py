"""Identifies the account that a credential opens.

No documented request returns the account itself. As PagerDuty's own client does, its subdomain is
taken from the ``html_url`` of an object; the first list that shows one decides. The host of that
address is the same for every credential of an account, and names the region as well:
``acme.pagerduty.com``, ``acme.eu.pagerduty.com``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ccm_core.sdk.errors import SourceError

if TYPE_CHECKING:
    from ccm_core.sdk.http import HttpSource
    from ccm_core.sdk.json_codec import JsonObject

LISTS = ("users", "escalation_policies", "services", "teams", "schedules")
"""Every account has a user, its owner; the others are for credentials that may not list users."""
_ATTEMPTS = 3
"""A fault that passes should not make the account of a whole run unknown."""
_MAX_NAME = 253
"""Characters of a host name (RFC 1035)."""


async def account_of(source: HttpSource, user: JsonObject | None) -> str | None:
    """Return the web host of the account; None where no list shows an object with an address.

    Args:
        source: The API.
        user: The credential's owner, where it has one; then nothing else is requested.
    """
    if (account := _web_host(user)) is not None:
        return account
    for name in LISTS:
        if (account := await _account_of_list(source, name)) is not None:
            return account
    return None


async def _account_of_list(source: HttpSource, name: str) -> str | None:
    try:
        response = await source.get(f"/{name}", (("limit", "1"),), attempts=_ATTEMPTS)
        document = response.json()
    except SourceError:
        return None  # what the collectors make of this list is decided when they read it
    objects = document.get(name) if isinstance(document, dict) else None
    hosts = map(_web_host, objects if isinstance(objects, list) else ())
    return next((host for host in hosts if host is not None), None)


def _web_host(value: object) -> str | None:
    address = value.get("html_url") if isinstance(value, dict) else None
    if not isinstance(address, str):
        return None
    try:
        host = urlsplit(address).hostname
    except ValueError:
        return None
    readable = host is not None and host.isascii() and host.isprintable()
    return host if readable and host and "." in host and len(host) <= _MAX_NAME else None
