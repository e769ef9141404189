"""Diagnoses why a connection could not be opened."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import (
    AuthenticationFailed,
    NetworkSetupError,
    RateLimited,
    SourceError,
    Unreachable,
)
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
_REPLACE = "create a read-only API key of the account and store it where auth.key refers to"


async def diagnose(
    request: ConnectRequest, error: SourceError, *, opening: Open | None = None
) -> Sequence[Diagnosis]:
    """Return why the connection could not be opened, with the next step.

    Args:
        request: The connection that could not be opened.
        error: The error that it raised.
        opening: Opens a connection; None: as usual, without retries.
    """
    if isinstance(error, AuthenticationFailed) and request.auth_method == API_KEY:
        return (await _refused_key(request, error, opening or _open_once),)
    if isinstance(error, AuthenticationFailed):
        return (_diagnosis(error, Cause.TOKEN_REFUSED, f"connect again: {_connect(request)}"),)
    if isinstance(error, NetworkSetupError):
        step = "set SSL_CERT_FILE, HTTPS_PROXY or NO_PROXY as your network needs them"
        return (_diagnosis(error, Cause.NETWORK_SETUP, step),)
    if isinstance(error, Unreachable):
        step = "check the network, the proxy and the address, and PagerDuty's status page"
        return (_diagnosis(error, Cause.UNREACHABLE, step),)
    if isinstance(error, RateLimited):
        step = "another client uses the requests of this credential; lower its rate, or retry later"
        return (_diagnosis(error, Cause.RATE_LIMITED, step),)
    step = "try again; if the error persists, contact PagerDuty's support"
    return (_diagnosis(error, Cause.SOURCE_ERROR, step),)


async def _refused_key(
    request: ConnectRequest, error: AuthenticationFailed, opening: Open
) -> Diagnosis:
    other_region = _other_region(request)
    if other_region is None:
        step = f"{_REPLACE}; because base_url is set, the key was not sent to any other region"
        return _diagnosis(error, Cause.KEY_REFUSED, step)
    accepted = await _accepted_in(request, other_region, opening)
    if accepted:
        return Diagnosis(
            subject=SUBJECT,
            ok=False,
            cause=Cause.WRONG_REGION,
            message=f"the key is valid, but its account is in the region {other_region}, and the "
            f"connection uses the region {request.settings.get('region', 'us')}",
            next_step=f"set region: {other_region} in the connection's settings",
        )
    if accepted is None:
        step = f"{_REPLACE}, or set region: {other_region}; that region could not be checked"
        return _diagnosis(error, Cause.KEY_REFUSED, step)
    return Diagnosis(
        subject=SUBJECT,
        ok=False,
        cause=Cause.KEY_REFUSED,
        message="both regions refuse the key: it is wrong, or it was revoked",
        next_step=_REPLACE,
    )


def _other_region(request: ConnectRequest) -> str | None:
    """Return the other region; None where the settings set an address of their own.

    The key is then sent to the other of PagerDuty's two hosts, and to no third party.
    """
    if request.settings.get("base_url"):
        return None
    current = request.settings.get("region", "us")
    return next((region for region in REGIONS if region != current), None)


def _open_once(request: ConnectRequest) -> AbstractAsyncContextManager[PagerDutySession]:
    from ccm_core.sdk.http import Bounds
    from ccm_pagerduty.client import open_session

    return open_session(request, bounds=Bounds(attempts=1))


async def _accepted_in(request: ConnectRequest, region: str, opening: Open) -> bool | None:
    """Return whether the key works in another region; None where that is unknown."""
    redirected = replace(request, settings={**request.settings, "region": region})
    try:
        async with opening(redirected):
            return True
    except AuthenticationFailed:
        return False
    except SourceError:
        return None


def _diagnosis(error: SourceError, cause: Cause, step: str) -> Diagnosis:
    return Diagnosis(subject=SUBJECT, ok=False, cause=cause, message=str(error), next_step=step)


def _connect(request: ConnectRequest) -> str:
    return f"ccm connect pagerduty --name {request.connection} --replace"
