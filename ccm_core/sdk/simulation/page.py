"""The way of a page: whom a source would notify of an incident, how and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from ccm_core.model.evidence.record import Record
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.view import EarliestRecords


class PageOutcome(StrEnum):
    """Whether a page reaches a person."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    """It passes every level, and nobody is notified."""
    NO_PAGE = "no_page"
    """The source would not page at all, such as for a disabled service."""
    UNKNOWN = "unknown"
    """The evidence does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """What a page simulation is handed: records of one connection, and a moment."""

    subject: Record
    """That an incident occurs on."""
    at: datetime
    """When it occurs."""
    now: datetime
    """The moment that the records are of."""
    urgency: str | None = None
    """As the source names it; None: as the subject's settings decide."""
    records: Mapping[str, Sequence[Record]]
    """By kind, sorted by key."""
    vanished: Mapping[str, Sequence[Record]] = field(default_factory=dict)
    """The last version of each record that is gone from the source, by kind."""
    earliest: Mapping[str, Mapping[str, Record]] = field(default_factory=dict)
    """As :attr:`ViewRequest.earliest`, for each of :attr:`PageSimulation.earliest`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageNotification:
    """One message to one person."""

    person: str
    at: datetime
    by: str
    """Such as ``phone``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLevel:
    """What happens while an incident is on one level."""

    level: int
    """Starts at 1."""
    since: datetime
    until: datetime | None
    """When it moves on; None: it remains."""
    notifications: tuple[PageNotification, ...] = ()
    """In order of time."""
    absent: tuple[str, ...] = ()
    """Who or what is named and is not notified, each with the reason."""
    unknown: tuple[str, ...] = ()
    """What the evidence does not tell of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWalk:
    """The way of one page from its trigger to its end."""

    outcome: PageOutcome
    urgency: str | None
    """None: it is not known."""
    levels: tuple[PageLevel, ...] = ()
    statements: tuple[str, ...] = ()
    """What decides the outcome beside the levels, in plain words."""

    @property
    def first(self) -> PageNotification | None:
        """The first notification, if anybody is notified."""
        sent = (sent for level in self.levels for sent in level.notifications)
        return min(sent, key=lambda notification: notification.at, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSimulation:
    """A pure function from records and a moment to the way of a page."""

    name: str
    """Such as ``acme.page``."""
    connector: str
    subject_kind: str
    """The kind of what an incident occurs on. One of :attr:`inputs`."""
    inputs: tuple[str, ...]
    """The evidence kinds that it reads. Where one of them is not sufficient, nothing is said."""
    optional: tuple[str, ...] = ()
    """Further kinds that it reads where the source offers them."""
    urgencies: tuple[str, ...]
    """The urgencies that an incident may have."""
    vanished: tuple[str, ...] = ()
    """Those of which it is handed vanished records too."""
    earliest: tuple[EarliestRecords, ...] = ()
    """As :attr:`View.earliest`: what it asks of events. Without them it says what it says where
    these were not read."""
    walk: Callable[[PageRequest], PageWalk]
