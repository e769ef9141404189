"""Whose key it is, as far as the API tells.

Follows https://developer.pagerduty.com/api-reference "Get the current user": an account's key
belongs to no user, and is answered with 400 and a plain sentence. No request tells whether a key is
read-only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadRequest, NotAvailable, PermissionDenied, RateLimited
from ccm_core.sdk.types import CredentialInfo
from ccm_pagerduty.api_errors import AccountKeyAnswer
from ccm_pagerduty.auth_methods import OAUTH, OAUTH_APP

if TYPE_CHECKING:
    from ccm_core.sdk.authorization import Authorization
    from ccm_core.sdk.http import HttpResponse, HttpSource
    from ccm_core.sdk.json_codec import JsonObject

ME = "/users/me"
FIRST_ATTEMPTS = 3
"""A wrong address or region should be told soon, not after every patience is spent."""

ACCOUNT_KEY, USER_KEY, SOME_KEY = "account_api_key", "user_api_key", "api_key"
USER_TOKEN, APP_TOKEN = "oauth_user_token", "oauth_app_token"
_TOKENS = {OAUTH: USER_TOKEN, OAUTH_APP: APP_TOKEN}
"""By method: whose an OAuth 2.0 token is needs no asking."""


async def credential_of(
    source: HttpSource, method: str, authorization: Authorization
) -> CredentialInfo:
    """Ask the account whose key or token this is.

    Raises:
        AuthenticationFailed: It is nobody's, or of another region.
        Unreachable: There was no answer.
    """
    try:
        user = _user(await _asked(source))
        whose = USER_KEY if user else SOME_KEY
    except AccountKeyAnswer:
        user, whose = None, ACCOUNT_KEY
    except (BadRequest, PermissionDenied, NotAvailable):
        user, whose = None, SOME_KEY
    role = user.get("role") if user else None
    return CredentialInfo(
        kind=_TOKENS.get(method, whose),
        scopes=authorization.scopes,
        role=role if isinstance(role, str) else None,
        detail={"user": {"id": str(user.get("id"))}} if user else None,
    )


async def _asked(source: HttpSource) -> HttpResponse:
    try:
        return await source.get(ME, attempts=FIRST_ATTEMPTS)
    except RateLimited:
        # It is there and it answers: now patience is worth it.
        return await source.get(ME)


def _user(answer: HttpResponse) -> JsonObject | None:
    document = answer.json()
    user = document.get("user") if isinstance(document, dict) else None
    return user if isinstance(user, dict) else None
