"""PagerDuty as an OAuth 2.0 provider: its identity server and the scopes of each kind.

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

HOSTS = tuple(url.removeprefix("https://") for url in (*REGIONS.values(), IDENTITY))
"""Where requests are sent."""


def provider(settings: JsonObject) -> OAuthProvider:
    """Return the identity server: PagerDuty's, or a simulator that the settings name."""
    base = str(settings.get("identity_url", IDENTITY)).rstrip("/")
    return OAuthProvider(
        authorize_url=f"{base}/oauth/authorize",
        token_url=f"{base}/oauth/token",
        keys_url=f"{base}/global/oauth/anonymous/jwks",
        issuer=f"{IDENTITY}/global/oauth/anonymous",
        base_urls=REGIONS,
    )


CLASSIC_SCOPES = ("read",)
"""The scope of a classic app: everything that the user sees."""

SCOPES = MappingProxyType(
    {
        "pagerduty.service": ("services.read",),
        "pagerduty.escalation_policy": ("escalation_policies.read",),
        "pagerduty.schedule": ("schedules.read",),
        "pagerduty.schedule_rendering": ("schedules.read",),
        "pagerduty.on_call": ("oncalls.read",),
        "pagerduty.incident": ("incidents.read",),
        "pagerduty.incident_log_entry": ("incidents.read",),
        "pagerduty.user": ("users.read", "users:contact_methods.read"),
        "pagerduty.team": ("teams.read",),
        "pagerduty.team_member": ("teams.read",),
        "pagerduty.priority": ("priorities.read",),
        "pagerduty.maintenance_window": ("services.read",),
        "pagerduty.event_orchestration": ("event_orchestrations.read",),
        "pagerduty.event_orchestration_path": ("event_orchestrations.read",),
        "pagerduty.service_orchestration": ("services.read",),
        "pagerduty.schedule_overrides": ("schedules.read",),
        "pagerduty.service_custom_fields": ("services.read",),
        "pagerduty.business_service": ("services.read",),
        "pagerduty.service_dependencies": ("services.read",),
        "pagerduty.service_standards": ("standards.read",),
        "pagerduty.extension": ("extensions.read",),
        "pagerduty.webhook_subscription": ("webhook_subscriptions.read",),
        "pagerduty.session_configuration": ("session_configurations.read",),
        "pagerduty.incident_workflow": ("incident_workflows.read",),
        "pagerduty.incident_workflow_trigger": ("incident_workflows.read",),
        "pagerduty.incident_note": ("incidents.read",),
        "pagerduty.audit_record": ("audit_records.read",),
    }
)
"""The scopes of a scoped app, by evidence kind."""


VISIBILITY_SCOPES = ("abilities.read",)
"""Those that show how much a user sees: where a plan has no teams, none is private."""

OPTIONAL_SCOPES = (
    "audit_records.read",
    "event_orchestrations.read",
    "extensions.read",
    "incident_workflows.read",
    "priorities.read",
    "session_configurations.read",
    "standards.read",
    "webhook_subscriptions.read",
)
"""Those that only optional kinds need: an app may be registered without them."""


def scopes_for(kinds: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes that reading these kinds requires, each once, sorted.

    Raises:
        KeyError: A kind does not belong to this plugin.
    """
    return tuple(sorted({scope for kind in kinds for scope in SCOPES[kind]}))


def account_scope(region: str, subdomain: str) -> str:
    """Return the scope with which an app that authenticates as itself selects the account."""
    return f"as_account-{region}.{subdomain}"
