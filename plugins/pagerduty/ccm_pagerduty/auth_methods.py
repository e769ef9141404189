"""The ways to authenticate at PagerDuty: OAuth 2.0 for a person or for an app, or an API key.

Follows https://developer.pagerduty.com/docs/oauth-functionality and
https://developer.pagerduty.com/docs/authentication.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.oauth import CLIENT_ID, CLIENT_SECRET, Flow, AccountIdentity, OAuthGrant
from ccm_core.sdk.types import AuthMethod
from ccm_pagerduty.oauth_provider import CLASSIC_SCOPES, account_scope, provider, scopes_for

if TYPE_CHECKING:
    from ccm_core.sdk.json_codec import JsonObject

OAUTH, OAUTH_APP, API_KEY = "oauth", "oauth_app", "api_key"
CLASSIC, SCOPED = "classic", "scoped"

LONGEST_AGE = timedelta(days=90)
"""After how long what a person entered should be replaced."""

_REGISTER = """\
In PagerDuty, as a Manager, Global Admin or the Account Owner:
  1. Integrations > App Registration > New App, and give it a name such as ccm.
  2. Tick OAuth 2.0. """
_OAUTH = f"""{_REGISTER}Choose Classic User OAuth with the scope read, or Scoped OAuth with
     the scopes below. Add the redirect URL below.
  3. Register the app, and have its client id and client secret at hand.
Whoever agrees in the browser decides what is seen: take an Account Owner or a Global Admin."""
_OAUTH_APP = f"""{_REGISTER}Choose Scoped OAuth with the scopes below.
  3. Register the app, and have its client id and client secret at hand.
The app asks for itself: it sees the whole account within its scopes, and no browser is needed."""
_API_KEY = """\
In PagerDuty, as an administrator: Integrations > API Access Keys > Create New API Key, and tick
Read-only. ccm sends nothing but GET."""


def methods(kinds: Iterable[str]) -> tuple[AuthMethod, ...]:
    """Give the ways to authenticate, the recommended one first.

    Args:
        kinds: What is read, which decides the scopes that a scoped app needs.
    """
    scoped = scopes_for(kinds)

    def of_person(_settings: JsonObject, auth: JsonObject) -> tuple[str, ...]:
        return scoped if auth.get("app") == SCOPED else CLASSIC_SCOPES

    def of_app(settings: JsonObject, auth: JsonObject) -> tuple[str, ...]:
        return (account_scope(settings.get("region", "us"), str(auth["subdomain"])), *scoped)

    return (
        AuthMethod(
            name=OAUTH,
            title="OAuth 2.0: agree in the browser (recommended)",
            secrets=(CLIENT_ID, CLIENT_SECRET),
            optional=(CLIENT_SECRET,),
            fields={
                "app": {
                    "description": "how the app was registered: classic or scoped",
                    "enum": [CLASSIC, SCOPED],
                    "default": CLASSIC,
                }
            },
            oauth=OAuthGrant(flow=Flow.CODE, provider=provider, scopes=of_person, learned=_learned),
            instructions=_OAUTH,
        ),
        AuthMethod(
            name=OAUTH_APP,
            title="OAuth 2.0 as an app: a scoped app asks for itself, without a browser",
            secrets=(CLIENT_ID, CLIENT_SECRET),
            fields={
                "subdomain": {
                    "description": "the account's: SUBDOMAIN.pagerduty.com",
                    "type": "string",
                    "pattern": "^[A-Za-z0-9][A-Za-z0-9-]{0,99}$",
                }
            },
            oauth=OAuthGrant(flow=Flow.APP, provider=provider, scopes=of_app),
            longest_age=LONGEST_AGE,
            asks=("region",),
            instructions=_OAUTH_APP,
        ),
        AuthMethod(
            name=API_KEY,
            title="REST API key, read-only",
            secrets=("key",),
            prefix="Token token=",
            longest_age=LONGEST_AGE,
            asks=("region",),
            instructions=_API_KEY,
        ),
    )


def _learned(account: AccountIdentity) -> JsonObject:
    return {"region": account.region}
