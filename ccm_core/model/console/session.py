"""A session of the console, as the store has it."""

from __future__ import annotations

from datetime import datetime

from ccm_core.model.frozen_dataclass import dataclass


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
    tenant: str = "default"
