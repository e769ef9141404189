"""Entries of the activity log: what was done in the console that is no act of its own."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from ccm_core.model.frozen_dataclass import dataclass


class ActivityKind(StrEnum):
    """What was done."""

    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    SIGN_IN_REFUSED = "sign-in refused"
    REFUSED = "refused"
    """Somebody asked for what their role may not do."""
    DOWNLOADED = "downloaded"
    CHANGED = "changed"
    """A setting, a connection, a token."""
    STARTED = "started"
    """A run, an evaluation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One entry: who did what, when; never changed."""

    at: datetime
    kind: ActivityKind
    issuer: str
    subject: str
    name: str
    about: str
    """What it was done to: an address, a connection, a file."""
    before: str = ""
    after: str = ""
    tenant: str = "default"
