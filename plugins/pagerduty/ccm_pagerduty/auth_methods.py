"""Authentication methods of PagerDuty: OAuth 2.0 for a person or an app, or an API key.

Follows https://developer.pagerduty.com/docs/oauth-functionality and
https://developer.pagerduty.com/docs/authentication.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.oauth import CLIENT_ID, CLIENT_SECRET, AccountIdentity, Flow, OAuthGrant
from ccm_core.sdk.types import AuthMethod
from ccm_pagerduty.app_registration import (
    API_KEY_GUIDANCE,
    OAUTH_APP_GUIDANCE,
    OAUTH_GUIDANCE,
)
from ccm_pagerduty.oauth_provider import (
    CLASSIC_SCOPES,
    OPTIONAL_SCOPES,
    VISIBILITY_SCOPES,
    account_scope,
    provider,
    scopes_for,
)

if TYPE_CHECKING:
    from ccm_core.sdk.json_codec import JsonObject

OAUTH, OAUTH_APP, API_KEY = "oauth", "oauth_app", "api_key"
CLASSIC, SCOPED = "classic", "scoped"
WITHOUT_SCOPES = "without_scopes"

MAX_AGE = timedelta(days=90)
"""After how long a secret that a person entered should be rotated."""


def methods(kinds: Iterable[str]) -> tuple[AuthMethod, ...]:
    """Return the authentication methods, the recommended one first.

    Args:
        kinds: The evidence kinds to read, which decide the scopes of a scoped app.
    """
    scoped = scopes_for(kinds)

    def registered(auth: JsonObject) -> tuple[str, ...]:
        without = str(auth.get(WITHOUT_SCOPES, "")).split()
        return tuple(scope for scope in scoped if scope not in without)

    def user_scopes(_settings: JsonObject, auth: JsonObject) -> tuple[str, ...]:
        if auth.get("app") != SCOPED:
            return CLASSIC_SCOPES
        return tuple(sorted({*registered(auth), *VISIBILITY_SCOPES}))

    def app_scopes(settings: JsonObject, auth: JsonObject) -> tuple[str, ...]:
        account = account_scope(settings.get("region", "us"), str(auth["subdomain"]))
        return (account, *registered(auth))

    return (
        AuthMethod(
            name=OAUTH,
            title="OAuth 2.0: authorize in the browser (recommended)",
            secrets=(CLIENT_ID, CLIENT_SECRET),
            optional=(CLIENT_SECRET,),
            fields={
                "app": {
                    "description": "how the app was registered: classic or scoped",
                    "enum": [CLASSIC, SCOPED],
                    "default": CLASSIC,
                },
                WITHOUT_SCOPES: _without_scopes(),
            },
            oauth=OAuthGrant(
                flow=Flow.CODE,
                provider=provider,
                scopes=user_scopes,
                settings_from_identity=_settings_of,
            ),
            guidance=OAUTH_GUIDANCE,
        ),
        AuthMethod(
            name=OAUTH_APP,
            title="OAuth 2.0 as an app: a scoped app authenticates as itself, without a browser",
            secrets=(CLIENT_ID, CLIENT_SECRET),
            fields={
                "subdomain": {
                    "description": "the subdomain of the account: SUBDOMAIN.pagerduty.com",
                    "type": "string",
                    "pattern": "^[A-Za-z0-9][A-Za-z0-9-]{0,99}$",
                },
                WITHOUT_SCOPES: _without_scopes(),
            },
            oauth=OAuthGrant(flow=Flow.APP, provider=provider, scopes=app_scopes),
            max_age=MAX_AGE,
            prompted_settings=("region",),
            guidance=OAUTH_APP_GUIDANCE,
        ),
        AuthMethod(
            name=API_KEY,
            title="REST API key, read-only",
            secrets=("key",),
            prefix="Token token=",
            max_age=MAX_AGE,
            prompted_settings=("region",),
            guidance=API_KEY_GUIDANCE,
        ),
    )


def _without_scopes() -> JsonObject:
    """Return the schema of the field that names optional scopes which an app lacks."""
    names = "|".join(map(re.escape, OPTIONAL_SCOPES))
    return {
        "description": "optional scopes that the scoped app was registered without, separated by "
        f"spaces, of {', '.join(OPTIONAL_SCOPES)}: their kinds are then not available",
        "type": "string",
        "pattern": f"^(?:(?:{names})(?: |$))*$",
        "default": "",
    }


def _settings_of(account: AccountIdentity) -> JsonObject:
    return {"region": account.region}
