"""What a demonstration with a past is: the steps through it, and how its source is led along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAcceptance:
    """A risk that one person of the settings accepts and another one approves."""

    check: str
    """The check whose findings are accepted."""
    reason: str
    owner: str
    approver: str
    days: int
    """How long it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStep:
    """One moment of the past: the source is collected as it was then."""

    at: datetime
    evaluates: bool = False
    parameters: JsonObject = field(default_factory=dict)
    """Parameters of rules that somebody sets before it."""
    accepts: DemoAcceptance | None = None
    """What is accepted after it."""
    rotates_key: bool = False
    """Whether the signing key of the store is replaced after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoHistory:
    """A past that the whole cycle is run through."""

    steps: tuple[DemoStep, ...]
    """In the order of time; the last one is now."""
    move: Callable[[datetime], None]
    """Leads the source to a moment, its clock included."""
    clock: Callable[[], datetime]
    """The clock of the source, which the cycle goes by."""
    settings: JsonObject = field(default_factory=dict)
    """Further sections of the settings, and ``parameters`` of the rules."""
    cadences: Mapping[str, str] = field(default_factory=dict)
    """How often kinds are collected, by kind."""
