"""A session of the console, as the store has it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from ccm_core.model.frozen_dataclass import dataclass


class CredentialKind(StrEnum):
    """What the secret of a session is kept in."""

    COOKIE = "cookie"
    """A browser's: it ends when it is idle for long."""
    TOKEN = "token"  # noqa: S105 - a kind
    """A program's, sent with each request: it ends on its day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSession:
    """Who is signed in with which secret, of which only the digest is here."""

    digest: str
    issuer: str
    subject: str
    name: str
    role: str
    """When it was begun; what counts is what the settings say now."""
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    kind: CredentialKind = CredentialKind.COOKIE
    claim: str = ""
    """The claim of the ID token that roles are looked up by; empty: it was begun without one."""
    claim_values: tuple[str, ...] = ()
    """What the claim had: the settings say which role that is."""
    tenant: str = "default"
