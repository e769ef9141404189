"""Tokens of programs: made on the command line, shown once, ended on a day or by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.errors import UsageError
from ccm_core.model.console.activity import Activity, ActivityKind
from ccm_core.model.console.session import ConsoleSession, CredentialKind
from ccm_core.model.statement_text import has_words
from ccm_core.web.access.sessions import new_secret, secret_digest

if TYPE_CHECKING:
    from ccm_core.store.interface.console import ConsoleStore
    from ccm_core.web.access.roles import Role

ISSUER = "token"
LONGEST_NAME = 60


def make_token(
    store: ConsoleStore, name: str, role: Role, lasts: timedelta, now: datetime, by: str
) -> str:
    """Store a new token, and return its secret, which nobody can read again.

    Args:
        store: Where the digest of the secret goes.
        name: What the program is called; no other token has the name.
        role: What it may do.
        lasts: How long.
        now: The moment.
        by: Who makes it.

    Raises:
        UsageError: The name says nothing, is too long or is taken.
    """
    if not has_words(name) or len(name) > LONGEST_NAME:
        raise UsageError(f"got {name!r}, expected a name of at most {LONGEST_NAME} letters")
    if name in {token.subject for token in live_tokens(store, now)}:
        raise UsageError(f"there is a token {name!r} already; end it first, or choose a name")
    secret = new_secret()
    store.put_session(
        ConsoleSession(
            digest=secret_digest(secret),
            issuer=ISSUER,
            subject=name,
            name=name,
            role=role.value,
            created_at=now,
            seen_at=now,
            expires_at=now + lasts,
            kind=CredentialKind.TOKEN,
        )
    )
    after = f"{role.value} until {now + lasts:%Y-%m-%d}"
    store.append_activity(_entry(now, by, f"token {name}", after=after))
    return secret


def end_token(store: ConsoleStore, name: str, now: datetime, by: str) -> None:
    """End a token.

    Raises:
        UsageError: There is none of the name.
    """
    named = [token for token in live_tokens(store, now) if token.subject == name]
    if not named:
        names = ", ".join(token.subject for token in live_tokens(store, now)) or "none"
        raise UsageError(f"there is no token {name!r}; there are: {names}")
    for token in named:
        store.end_session(token.digest)
    store.append_activity(_entry(now, by, f"token {name}", before=named[0].role, after="ended"))


def live_tokens(store: ConsoleStore, now: datetime) -> Sequence[ConsoleSession]:
    """List the tokens that still count, the oldest first."""
    return [token for token in store.sessions(CredentialKind.TOKEN) if now < token.expires_at]


def _entry(now: datetime, by: str, about: str, *, before: str = "", after: str = "") -> Activity:
    return Activity(
        at=now,
        kind=ActivityKind.CHANGED,
        issuer="local",
        subject=by,
        name=by,
        about=about,
        before=before,
        after=after,
    )
