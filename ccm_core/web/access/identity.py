"""Who is signed in: an issuer and a subject, never an e-mail address."""

from __future__ import annotations

from datetime import datetime, timedelta

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.web.access.roles import Permission, Role, is_permitted

LOCAL = "local"
"""The issuer of whoever holds the one-time link that `ccm serve` printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who somebody is, by whom, and what they may do."""

    issuer: str
    subject: str
    name: str
    """How they are called on pages."""
    role: Role
    person: str | None = None
    """Their id under ``people`` of the settings; None: they are not listed there."""
    until: datetime | None = None
    """When their access ends; None: it does not."""

    def may(self, permission: Permission) -> bool:
        """Return whether they may do something."""
        return is_permitted(self.role, permission)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long a session lasts."""

    idle: timedelta = timedelta(hours=8)
    """Without a request."""
    absolute: timedelta = timedelta(hours=24)
    """In all."""
