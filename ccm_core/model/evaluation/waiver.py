"""Waivers: approved, scoped, expiring risk acceptances. A waiver flags a status, and is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """An accepted risk: who accepts which rule's failure, on which subjects, why, until when."""

    id: str
    rule: str
    subjects: tuple[str, ...] = ()
    """Keys of subjects, with ``*`` as wildcard; empty: every subject of the rule."""
    connections: tuple[str, ...] = ()
    """Names of connections; empty: every connection."""
    controls: tuple[str, ...] = field(default=())
    """``framework:id`` of the controls it covers; empty: all."""
    reason: str
    owner: str
    approver: str
    """Somebody else than the owner."""
    created: datetime
    expires: datetime
