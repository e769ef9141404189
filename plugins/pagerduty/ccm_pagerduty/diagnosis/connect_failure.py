"""Why a connection could not be opened."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import AuthenticationFailed, RateLimited, SourceError, Unreachable
from ccm_core.sdk.types import Diagnosis
from ccm_pagerduty.auth_methods import API_KEY
from ccm_pagerduty.diagnosis.causes import Cause
from ccm_pagerduty.oauth_provider import REGIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from ccm_core.sdk.types import ConnectRequest
    from ccm_pagerduty.client import PagerDutySession

    Open = Callable[[ConnectRequest], AbstractAsyncContextManager[PagerDutySession]]

SUBJECT = "connection"
_REPLACE = "make a read-only API key of the account and put it where auth.key says"


async def why(
    request: ConnectRequest, error: SourceError, *, opening: Open | None = None
) -> Sequence[Diagnosis]:
    """Say why, with the next step.

    Args:
        request: The connection that was to be opened.
        error: What that raised.
        opening: Opens a connection; None: as it is always opened, without patience.
    """
    if isinstance(error, AuthenticationFailed) and request.auth_method == API_KEY:
        return (await _key(request, error, opening or _briefly),)
    if isinstance(error, AuthenticationFailed):
        return (_told(error, Cause.TOKEN_REFUSED, "connect again: " + _again(request)),)
    if isinstance(error, Unreachable):
        step = "check the network, the proxy and the address; PagerDuty's status page tells of more"
        return (_told(error, Cause.UNREACHABLE, step),)
    if isinstance(error, RateLimited):
        step = "something else spends this credential's requests; lower its rate, or try later"
        return (_told(error, Cause.RATE_LIMITED, step),)
    return (_told(error, Cause.SOURCE_ERROR, "try again; if it stays, ask PagerDuty's support"),)


async def _key(request: ConnectRequest, error: AuthenticationFailed, opening: Open) -> Diagnosis:
    other = _other_region(request)
    if other is None:
        step = f"{_REPLACE}; a base_url that is not PagerDuty's is asked with nothing else"
        return _told(error, Cause.KEY_REFUSED, step)
    known = await _known_in(request, other, opening)
    if known:
        found = f"the key is good, and its account is in the region {other}, which is not asked"
        return Diagnosis(
            subject=SUBJECT,
            good=False,
            cause=Cause.WRONG_REGION,
            found=found,
            next_step=f"set region: {other} in the connection's settings",
        )
    if known is None:
        step = f"{_REPLACE}, or set region: {other}; that region could not be asked"
        return _told(error, Cause.KEY_REFUSED, step)
    found = "both regions refuse the key: it is wrong, or it was revoked"
    return Diagnosis(
        subject=SUBJECT, good=False, cause=Cause.KEY_REFUSED, found=found, next_step=_REPLACE
    )


def _other_region(request: ConnectRequest) -> str | None:
    """Name the other region; none where the settings name an address of their own.

    The key then goes to the other one of PagerDuty's two hosts, and to no third party.
    """
    if request.settings.get("base_url"):
        return None
    asked = request.settings.get("region", "us")
    return next((one for one in REGIONS if one != asked), None)


def _briefly(request: ConnectRequest) -> AbstractAsyncContextManager[PagerDutySession]:
    from ccm_core.sdk.http import Bounds
    from ccm_pagerduty.client import live

    return live(request, bounds=Bounds(attempts=1))


async def _known_in(request: ConnectRequest, region: str, opening: Open) -> bool | None:
    """Say whether the key opens the other region; None where that cannot be told."""
    there = replace(request, settings={**request.settings, "region": region})
    try:
        async with opening(there):
            return True
    except AuthenticationFailed:
        return False
    except SourceError:
        return None


def _told(error: SourceError, cause: Cause, step: str) -> Diagnosis:
    return Diagnosis(subject=SUBJECT, good=False, cause=cause, found=str(error), next_step=step)


def _again(request: ConnectRequest) -> str:
    return f"ccm connect pagerduty --name {request.connection} --replace"
