"""Which base URLs a credential may be sent to: https, or http on loopback."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from ccm_core.errors import UsageError


def is_loopback(url: str) -> bool:
    """Return whether a URL leads to this very machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_base_url(url: str) -> str:
    """Return the URL when it is https, or http on loopback.

    Raises:
        UsageError: It is neither: a credential would cross a network in the clear.
    """
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError(
            "base_url has a user, a query or a fragment; expected only a scheme, a host, a port "
            "and a path"
        )
    if (parts.scheme == "https" and parts.hostname) or (
        parts.scheme == "http" and is_loopback(url)
    ):
        return url
    raise UsageError(f"base_url {url!r} is neither https nor http on loopback; use https")
