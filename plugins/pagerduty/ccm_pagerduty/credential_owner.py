"""Identifies the owner of the credential, as far as the API reports it.

Follows https://developer.pagerduty.com/api-reference "Get the current user": an account key belongs
to no user, and the response is 400 with a plain sentence. No request reports whether a key is
read-only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadRequest, NotAvailable, PermissionDenied, RateLimited
from ccm_core.sdk.types import CredentialInfo, Visibility
from ccm_pagerduty.account import account_of
from ccm_pagerduty.api_errors import AccountKeyAnswer, NotOfTheApi, refused_everywhere
from ccm_pagerduty.auth_methods import OAUTH, OAUTH_APP
from ccm_pagerduty.credential_visibility import visibility_of_user

if TYPE_CHECKING:
    from ccm_core.sdk.authorization import Authorization
    from ccm_core.sdk.http import HttpResponse, HttpSource
    from ccm_core.sdk.json_codec import JsonObject

ME = "/users/me"
_ABILITIES = "/abilities"
FIRST_ATTEMPTS = 3
"""A wrong address or region should be reported soon, not after all retries."""

ACCOUNT_KEY, USER_KEY, UNKNOWN_KEY = "account_api_key", "user_api_key", "api_key"
USER_TOKEN, APP_TOKEN = "oauth_user_token", "oauth_app_token"
_TOKENS = {OAUTH: USER_TOKEN, OAUTH_APP: APP_TOKEN}
"""By authentication method: the owner of an OAuth 2.0 token is known."""


async def credential_of(
    source: HttpSource, method: str, authorization: Authorization
) -> CredentialInfo:
    """Return the credential with its owner, role, scopes and how much of the account it sees.

    Raises:
        AuthenticationFailed: It is unknown, or belongs to another region.
        Unreachable: The API did not respond.
    """
    try:
        user = _user(await _request_user(source))
        owner = USER_KEY if user else UNKNOWN_KEY
    except AccountKeyAnswer:
        user, owner = None, ACCOUNT_KEY
    except NotOfTheApi as error:
        if await _is_refused_everywhere(source):
            raise refused_everywhere(source.base_url) from error
        user, owner = None, UNKNOWN_KEY
    except (BadRequest, PermissionDenied, NotAvailable):
        user, owner = None, UNKNOWN_KEY
    role = user.get("role") if user else None
    kind = _TOKENS.get(method, owner)
    visibility, reason = await _visibility(source, kind, user)
    return CredentialInfo(
        kind=kind,
        visibility=visibility,
        visibility_reason=reason,
        scopes=authorization.scopes,
        role=role if isinstance(role, str) else None,
        detail={"user": {"id": str(user.get("id"))}} if user else None,
        account=await account_of(source, user),
    )


async def _visibility(
    source: HttpSource, kind: str, user: JsonObject | None
) -> tuple[Visibility, str]:
    if kind == ACCOUNT_KEY:
        return Visibility.WHOLE, "an API key of the account sees the whole account"
    if kind == APP_TOKEN:
        return Visibility.WHOLE, "an app sees the whole account, within its scopes"
    if user is not None:
        return await visibility_of_user(source, user.get("role"))
    return Visibility.UNKNOWN, "PagerDuty does not report whose credential it is"


async def _is_refused_everywhere(source: HttpSource) -> bool:
    """Return whether another path is answered with a web page that says 404 as well."""
    try:
        await source.get(_ABILITIES, attempts=FIRST_ATTEMPTS)
    except NotOfTheApi:
        return True
    except (BadRequest, PermissionDenied, NotAvailable):
        pass
    return False


async def _request_user(source: HttpSource) -> HttpResponse:
    try:
        return await source.get(ME, attempts=FIRST_ATTEMPTS)
    except RateLimited:
        # The API responds, so waiting is worthwhile.
        return await source.get(ME)


def _user(response: HttpResponse) -> JsonObject | None:
    document = response.json()
    user = document.get("user") if isinstance(document, dict) else None
    return user if isinstance(user, dict) else None
