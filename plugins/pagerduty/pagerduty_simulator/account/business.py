"""Business services, what supports them, and the account's standards. Plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessService:
    """What the company offers."""

    id: str
    name: str
    team_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDependency:
    """That a service, business or technical, supports another."""

    id: str
    supporting: str
    dependent: str
    """The ids of the two services."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """A standard of the account that its technical services should meet."""

    id: str
    name: str
    type: str
    missed_by: frozenset[str] = frozenset()
    """The ids of the services that do not meet it."""
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A connection of services to another tool."""

    id: str
    name: str
    service_ids: tuple[str, ...]
    temporarily_disabled: bool | None = None
    """None: not sent, as where it never was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfiguration:
    """After how many seconds people have to sign in again."""

    type: str
    """``web`` or ``mobile``."""
    absolute: int
    idle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentWorkflow:
    """Steps that are taken by themselves, and what starts them."""

    id: str
    name: str
    trigger_id: str
    condition: str = ""
    """In PCL; empty: it is started by hand."""
    service_ids: tuple[str, ...] | None = None
    """On whose incidents; None: those of every service."""
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSubscription:
    """Where events about incidents are sent."""

    id: str
    description: str
    service_id: str | None = None
    """None: those of the whole account."""
    active: bool = True
    temporarily_disabled: bool | None = None
    """None: not sent, as where it never was."""
