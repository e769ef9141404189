"""PagerDuty's identity server, and the scopes that a scoped app needs for each kind.

Follows https://developer.pagerduty.com/docs/oauth-functionality and the ``x-pd-requires-scope`` of
PagerDuty's description of its API.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from ccm_core.sdk.json_codec import JsonObject
from ccm_core.sdk.oauth import OAuthProvider

REGIONS = MappingProxyType(
    {"us": "https://api.pagerduty.com", "eu": "https://api.eu.pagerduty.com"}
)
"""The API's address in each service region."""

IDENTITY = "https://identity.pagerduty.com"
"""The same for both regions."""


def provider(settings: JsonObject) -> OAuthProvider:
    """Give the identity server: PagerDuty's, or the one on loopback that the settings name."""
    at = str(settings.get("identity_url", IDENTITY)).rstrip("/")
    return OAuthProvider(
        authorize_url=f"{at}/oauth/authorize",
        token_url=f"{at}/oauth/token",
        keys_url=f"{at}/global/oauth/anonymous/jwks",
        issuer=f"{IDENTITY}/global/oauth/anonymous",
        base_urls=REGIONS,
    )


CLASSIC_SCOPES = ("read",)
"""What a classic app asks for: everything that the user sees."""

SCOPES = MappingProxyType(
    {
        "pagerduty.service": ("services.read",),
        "pagerduty.escalation_policy": ("escalation_policies.read",),
        "pagerduty.schedule": ("schedules.read",),
        "pagerduty.schedule_rendering": ("schedules.read",),
        "pagerduty.schedule_user": ("schedules.read", "users.read"),
        "pagerduty.on_call": ("oncalls.read",),
        "pagerduty.incident": ("incidents.read",),
        "pagerduty.incident_log_entry": ("incidents.read",),
        "pagerduty.user": ("users.read", "users:contact_methods.read"),
        "pagerduty.team": ("teams.read",),
        "pagerduty.team_member": ("teams.read",),
        "pagerduty.ability": ("abilities.read",),
    }
)
"""What a scoped app asks for, by kind."""


def scopes_for(kinds: Iterable[str]) -> tuple[str, ...]:
    """Give the scopes that reading these kinds needs, each once, sorted.

    Raises:
        KeyError: It is no kind of this plugin.
    """
    return tuple(sorted({scope for kind in kinds for scope in SCOPES[kind]}))


def account_scope(region: str, subdomain: str) -> str:
    """Give the scope by which an app that asks for itself names the account."""
    return f"as_account-{region}.{subdomain}"
