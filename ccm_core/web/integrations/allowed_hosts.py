"""Where the console may send requests, and credentials with them: a list, never what is typed.

A page that fetches what somebody types reaches whatever the server reaches: the metadata of a
cloud, a database beside it. So an address has to be one of the vendor's own, one that the settings
file has already, or one that its operator allowed under ``web.allowed_hosts``.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from ccm_core.control_characters import printable_excerpt
from ccm_core.errors import UsageError
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from ccm_core.config.settings import Settings
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.sdk.types import AuthMethod, Connector

Resolver = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host and port."""
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_.])?|[0-9a-f:.]+")
"""What every parser takes for a name or an address: no percent sign, and nothing to be encoded."""
_PORTS = {"https": 443, "http": 80}
_SHOWN = 100
"""Characters of an address in a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedHosts:
    """The hosts that a connection of the console may lead to."""

    vendor: tuple[str, ...]
    """The vendor's own, with ``*.`` before those whose first part may be any."""
    operator: frozenset[tuple[str, int]]
    """Those that the settings file has or allows: over HTTP, and at private addresses too."""

    def mistakes(self, urls: Iterable[str], resolve: Resolver) -> Iterator[str]:
        """Yield why addresses are refused, one line each."""
        for url in dict.fromkeys(urls):
            mistake = self._mistake(url, resolve)
            if mistake is not None:
                yield f"{printable_excerpt(url, _SHOWN)}: {mistake}"

    def _mistake(self, url: str, resolve: Resolver) -> str | None:
        parts = _split(url)
        if parts is None or parts.hostname is None or parts.scheme not in _PORTS:
            return "expected an address such as https://api.example.com"
        if parts.username is not None or parts.password is not None:
            return "an address with a user name in it is refused; leave it out"
        host, port = parts.hostname.rstrip("."), parts.port or _PORTS[parts.scheme]
        if (host, port) in self.operator:
            return None
        if parts.scheme != "https" or port != _PORTS["https"] or not self._is_vendor(host):
            return _not_allowed(host, port)
        return _private(host, resolve(host, port))

    def _is_vendor(self, host: str) -> bool:
        return any(
            host == known or (known.startswith("*.") and host.endswith(known[1:]))
            for known in self.vendor
        )


def allowed_hosts(settings: Settings, connector: Connector) -> AllowedHosts:
    """Return where connections of a connector may lead."""
    saved = (
        url
        for connection in settings.connections
        if connection.connector == connector.name
        for url in setting_urls(connector, connection.settings)
    )
    return AllowedHosts(
        vendor=connector.hosts,
        operator=frozenset(
            {*filter(None, map(_host_and_port, saved))}
            | {_listed(entry) for entry in settings.web.allowed_hosts}
        ),
    )


def require_allowed(
    settings: Settings,
    connector: Connector,
    method: AuthMethod,
    values: JsonObject,
    resolve: Resolver,
) -> None:
    """Refuse settings that lead anywhere else.

    Args:
        settings: Of the workspace.
        connector: What is connected.
        method: How it authenticates.
        values: The connection's settings, defaults included.
        resolve: Returns the addresses of a host.

    Raises:
        UsageError: They do; every address is listed.
    """
    urls = [*setting_urls(connector, values)]
    if method.oauth is not None:
        provider = method.oauth.provider(values)
        urls += [provider.authorize_url, provider.token_url, provider.keys_url]
    mistakes = list(allowed_hosts(settings, connector).mistakes(urls, resolve))
    if mistakes:
        raise UsageError("\n".join(mistakes))


def setting_urls(connector: Connector, values: JsonObject) -> Iterator[str]:
    """Yield the values of settings that are addresses, by their schema or by their look."""
    described = connector.settings_schema().get("properties", {})
    for key, value in values.items():
        if not isinstance(value, str):
            continue
        if described.get(key, {}).get("format") == "uri" or "://" in value:
            yield value


def destination_keys(connector: Connector) -> frozenset[str]:
    """Return the settings that decide where requests, and the credential, are sent."""
    described = connector.settings_schema().get("properties", {})
    urls = {key for key, schema in described.items() if schema.get("format") == "uri"}
    return frozenset({*urls, *connector.destination_settings})


def leads_elsewhere(connector: Connector, before: JsonObject, changes: JsonObject) -> bool:
    """Return whether changed settings send requests, and the credential with them, elsewhere.

    Args:
        connector: Of the connection.
        before: Its settings, defaults included.
        changes: The settings that change; None: back to the default.
    """
    described = connector.settings_schema().get("properties", {})
    after = {
        key: described.get(key, {}).get("default") if value is None else value
        for key, value in changes.items()
    }
    differing = {key: value for key, value in after.items() if value != before.get(key)}
    is_address = any(setting_urls(connector, differing))
    return is_address or not differing.keys().isdisjoint(destination_keys(connector))


def addresses_of(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host, as this machine resolves it; none: it does not."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return [str(entry[4][0]) for entry in found]


def _split(url: str) -> SplitResult | None:
    """Return the parts of an address that every parser reads alike; None: it is no such one."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    is_plain = url.isascii() and url.isprintable() and not {" ", "\\"} & set(url)
    return parts if is_plain and _HOST_NAME.fullmatch(parts.hostname or "") else None


def _host_and_port(url: str) -> tuple[str, int] | None:
    parts = _split(url)
    if parts is None or parts.hostname is None or parts.scheme not in _PORTS:
        return None
    return parts.hostname.rstrip("."), parts.port or _PORTS[parts.scheme]


def _listed(entry: str) -> tuple[str, int]:
    """Return host and port of an entry of ``web.allowed_hosts``; without a port: that of HTTPS."""
    parts = urlsplit(f"//{entry}")
    return parts.hostname or "", parts.port or _PORTS["https"]


def _not_allowed(host: str, port: int) -> str:
    return (
        "this host is not the vendor's, and the console sends no request to any other; whoever "
        f'operates ccm can allow it in ccm.yaml: web: {{allowed_hosts: ["{host}:{port}"]}}'
    )


def _is_public(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return parsed.is_global and not parsed.is_multicast


def _private(host: str, addresses: Sequence[str]) -> str | None:
    inside = sorted(address for address in addresses if not _is_public(address))
    if not inside:
        return None
    return (
        f"{host} leads to {', '.join(inside)}, which is within this network, not the vendor's; "
        "check the name servers, or allow it under web.allowed_hosts"
    )
