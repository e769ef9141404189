"""Whose key it is, as far as the API tells.

Follows https://developer.pagerduty.com/api-reference "Get the current user": an account's key
belongs to no user, and is answered with 400 and a plain sentence. No request tells whether a key is
read-only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadRequest, Denied, NotAvailable, RateLimited
from ccm_core.sdk.types import Credential
from ccm_pagerduty.faults import AccountKeyAnswer

if TYPE_CHECKING:
    from ccm_core.sdk.http import Answer, HttpSource

ME = "/users/me"
FIRST_ATTEMPTS = 3
"""A wrong address or region should be told soon, not after every patience is spent."""

ACCOUNT_KEY, USER_KEY, SOME_KEY = "account_api_key", "user_api_key", "api_key"


async def credential_of(source: HttpSource) -> Credential:
    """Ask the account whose key this is.

    Raises:
        Refused: It is nobody's, or of another region.
        Unreachable: There was no answer.
    """
    try:
        return _of_user(await _asked(source))
    except AccountKeyAnswer:
        return Credential(kind=ACCOUNT_KEY)
    except (BadRequest, Denied, NotAvailable):
        return Credential(kind=SOME_KEY)


async def _asked(source: HttpSource) -> Answer:
    try:
        return await source.get(ME, attempts=FIRST_ATTEMPTS)
    except RateLimited:
        # It is there and it answers: now patience is worth it.
        return await source.get(ME)


def _of_user(answer: Answer) -> Credential:
    document = answer.json()
    user = document.get("user") if isinstance(document, dict) else None
    if not isinstance(user, dict):
        return Credential(kind=SOME_KEY)
    role = user.get("role")
    return Credential(
        kind=USER_KEY,
        role=role if isinstance(role, str) else None,
        detail={"user": {"id": str(user.get("id"))}},
    )
