"""Sign-ins that nobody came back from: few are kept, and not for long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.auth.oauth_messages import OAuthClient, authorization_request
from ccm_core.auth.oidc_discovery import OpenIdProvider
from ccm_core.auth.oidc_sign_in import OidcRequest
from ccm_core.config.settings import SignInSettings
from ccm_core.sdk.oauth import OAuthProvider
from ccm_core.sdk.secret import Secret
from ccm_core.web.access.sessions import secret_digest
from ccm_core.web.server_state.pending_sign_ins import (
    MOST_SIGN_INS,
    SIGN_IN_LIFETIME,
    PendingSignIn,
    PendingSignIns,
)

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
SETTINGS = SignInSettings(
    issuer="https://login.example.com", client_id="ccm", roles={"viewer": ("everyone",)}
)
SERVERS = OAuthProvider(
    authorize_url="https://login.example.com/authorize",
    token_url="https://login.example.com/token",
    keys_url="https://login.example.com/keys",
    issuer=SETTINGS.issuer,
    base_urls={},
)


def begun(at: datetime = NOON, browser: str = "cookie") -> PendingSignIn:
    """Begin a sign-in."""
    authorization = authorization_request(
        SERVERS,
        OAuthClient(client_id="ccm"),
        redirect_uri="https://ccm.example.com/sign-in/callback",
        scopes=("openid",),
    )
    request = OidcRequest(
        provider=OpenIdProvider(servers=SERVERS, takes_basic=True, names_itself=False),
        authorization=authorization,
        nonce=Secret("nonce"),
    )
    return PendingSignIn(
        browser=secret_digest(browser), settings=SETTINGS, request=request, begun_at=at
    )


def state(pending: PendingSignIn) -> str:
    """What the browser brings back."""
    return pending.request.authorization.state.reveal()


@pytest.mark.parametrize(
    ("browser", "later", "counts"),
    [
        ("cookie", timedelta(), True),
        ("cookie", SIGN_IN_LIFETIME - timedelta(seconds=1), True),
        ("cookie", SIGN_IN_LIFETIME, False),
        ("cookie", timedelta(seconds=-1), False),
        ("another", timedelta(), False),
        ("", timedelta(), False),
    ],
)
def test_a_state_counts_once_in_its_browser_for_ten_minutes(browser, later, counts):
    """Each of these three holds by itself."""
    sign_ins, pending = PendingSignIns(), begun()
    sign_ins.add(pending)
    assert (sign_ins.take(state(pending), browser, NOON + later) is pending) is counts
    assert sign_ins.take(state(pending), "cookie", NOON) is (None if counts or later else pending)


def test_of_too_many_the_oldest_goes():
    """Anybody can begin one; memory is bounded all the same."""
    sign_ins, first, second = PendingSignIns(), begun(), begun()
    for pending in [first, second, *(begun() for _ in range(MOST_SIGN_INS - 1))]:
        sign_ins.add(pending)
    assert sign_ins.take(state(first), "cookie", NOON) is None
    assert sign_ins.take(state(second), "cookie", NOON) is second


def test_what_is_kept_prints_no_secret():
    """Neither state nor verifier is in its representation."""
    pending = begun()
    assert state(pending) not in repr(pending)
    assert pending.request.authorization.verifier.reveal() not in repr(pending)
