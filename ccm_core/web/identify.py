"""Who a request comes from: the session of its cookie, and what that person may do by now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.model.console.session import ConsoleSession, CredentialKind
from ccm_core.web.access.identity import LOCAL, Identity, SessionLimits
from ccm_core.web.access.roles import Role
from ccm_core.web.access.sessions import TOUCH_AFTER, is_live, secret_digest
from ccm_core.web.access.team_roles import team_identity

if TYPE_CHECKING:
    from ccm_core.config.settings import Settings
    from ccm_core.web.console import Console


def identify(
    console: Console, secret: str, now: datetime, kind: CredentialKind = CredentialKind.COOKIE
) -> Identity | None:
    """Return who holds the secret of a session; None: nobody, or it is over.

    Args:
        console: The console.
        secret: What the browser or the program sent; empty: nothing.
        now: The moment.
        kind: How it was sent: a cookie is no token, and the other way round.

    Raises:
        StoreError: Sessions cannot be read.
    """
    if not secret:
        return None
    workspace, digest = console.workspaces.get(), secret_digest(secret)
    with workspace.read_store() as store:
        session = store.console.session(digest)
    if session is None or session.kind is not kind or not is_live(session, now, console.limits):
        return None
    identity = _current(console, workspace.settings, session, now)
    if identity is not None and needs_touch(session, now, console.limits):
        with workspace.write_store(create=False) as store:
            store.console.touch_session(digest, now)
    return identity


def needs_touch(session: ConsoleSession, now: datetime, limits: SessionLimits) -> bool:
    """Return whether the last use of a session is to be written: seldom, since a write locks."""
    return now - session.seen_at >= min(TOUCH_AFTER, limits.idle / 2)


def _current(
    console: Console, settings: Settings, session: ConsoleSession, now: datetime
) -> Identity | None:
    """Return who somebody is now: what a person may do is looked up at each request."""
    if (session.issuer, session.subject) == (LOCAL, console.local.subject):
        return console.local
    if session.kind is CredentialKind.COOKIE:
        return team_identity(settings, session, now.date())
    if session.role in {role.value for role in Role}:
        return Identity(
            issuer=session.issuer,
            subject=session.subject,
            name=session.name,
            role=Role(session.role),
            until=session.expires_at,
        )
    return None
