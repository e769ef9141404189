"""Sessions: the browser has a secret, the store its digest, and rights are looked up each time."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.model.console.session import ConsoleSession, CredentialKind
from ccm_core.model.digest import digest
from ccm_core.web.access.identity import Identity, SessionLimits

if TYPE_CHECKING:
    from ccm_core.store.interface.console import ConsoleStore

_SECRET_BYTES = 32
TOUCH_AFTER = timedelta(minutes=1)
"""A session's last use is written at most so often: a write locks the store."""


def new_secret() -> str:
    """Return a secret for a cookie or a link: 256 random bits, safe in an address."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def secret_digest(secret: str) -> str:
    """Return what the store has of a secret."""
    return digest(secret.encode())


def begin_session(
    store: ConsoleStore,
    identity: Identity,
    now: datetime,
    limits: SessionLimits,
    *,
    claim: str = "",
    claim_values: tuple[str, ...] = (),
) -> str:
    """Store a new session, under a secret that was never used before; return the secret.

    Args:
        store: Where its digest goes.
        identity: Who is signed in.
        now: The moment.
        limits: How long it lasts.
        claim: By which claim of an ID token their role is looked up; empty: by none.
        claim_values: What the claim has.

    Raises:
        StoreError: It cannot be stored.
    """
    secret = new_secret()
    store.put_session(
        ConsoleSession(
            digest=secret_digest(secret),
            issuer=identity.issuer,
            subject=identity.subject,
            name=identity.name,
            role=identity.role.value,
            claim=claim,
            claim_values=claim_values,
            created_at=now,
            seen_at=now,
            expires_at=now + limits.absolute,
        )
    )
    return secret


def is_live(session: ConsoleSession, now: datetime, limits: SessionLimits) -> bool:
    """Return whether a session still counts; a clock that went back ends a browser's."""
    if session.kind is CredentialKind.TOKEN:
        return now < session.expires_at
    return session.created_at <= now < session.expires_at and now - session.seen_at < limits.idle


def csrf_token(secret: str) -> str:
    """Return the token that every form of a session carries: it is derived, so nothing is kept."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def is_csrf_token(secret: str, token: str) -> bool:
    """Return whether a form came from a page of this session."""
    return hmac.compare_digest(csrf_token(secret).encode(), token.encode("utf-8", "replace"))
