"""The values of tickets: which findings get one, what it says, and how a ticket system is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Any, Protocol

from ccm_core.model.finding.act import Ticket
from ccm_core.model.finding.work_item import WorkItem
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict

COMMON_LABEL = "ccm"
"""The label of every ticket that ccm opened."""


class SystemKind(StrEnum):
    """The ticket systems there is a client for."""

    JIRA = "jira"
    GITHUB = "github"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMapping:
    """How a finding fills the fields of a ticket. Texts are templates such as ``team-{owner}``."""

    issue_type: str = "Task"
    """Of Jira."""
    priorities: Mapping[str, str] = field(default_factory=FrozenDict)
    """Jira's names by severity; a severity that is not there leaves the project's default."""
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    """Of Jira."""
    assignees: Mapping[str, tuple[str, ...]] = field(default_factory=FrozenDict)
    """By owner: GitHub's logins, or the account id of Jira."""
    custom: Mapping[str, Any] = field(default_factory=FrozenDict)
    """Other fields of Jira by their ids; texts within a value are templates."""
    closed_status: str = ""
    """The status that Jira's tickets are closed to; empty: the first that means done."""
    reopened_status: str = ""
    """The status that they are reopened to; empty: the first that does not."""
    resolution: str = ""
    """What closing sets, where the workflow asks for a resolution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRules:
    """Which findings get a ticket in one system, and what becomes of it."""

    system: str
    """The name of the system in the settings."""
    min_severity: str = "high"
    owners: tuple[str, ...] = ()
    """With ``*`` as wildcard; empty: whoever owns them, and nobody."""
    rules: tuple[str, ...] = ()
    """With ``*`` as wildcard; empty: all."""
    frameworks: tuple[str, ...] = ()
    """Those that one of the checks supports; empty: all."""
    connections: tuple[str, ...] = ()
    close: bool = True
    """Whether tickets are closed with their findings."""
    reopen: bool = True
    """Whether what somebody closed while it fails is reopened; else it is left."""
    include_reasons: bool = False
    """Whether tickets quote why checks fail, which quotes evidence."""
    finding_url: str = ""
    """Where a finding is shown, with ``{finding}`` for its id; empty: nowhere but in a terminal."""
    max_changes: int = 100
    """How many tickets one sync opens, updates, closes and reopens."""
    fields: FieldMapping = field(default_factory=FieldMapping)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLine:
    """One line of a ticket's description."""

    label: str
    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketText:
    """A description, before it is written in the markup of a system."""

    lead: str
    rows: tuple[TicketLine, ...]
    footer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a ticket is to say of its finding."""

    finding: str
    title: str
    text: TicketText
    labels: tuple[str, ...]
    """Sorted; the common one among them."""
    other_labels: frozenset[str] = frozenset()
    """What the labels would be for another severity: they are removed."""
    issue_type: str = ""
    priority: str = ""
    components: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    custom: Mapping[str, Any] = field(default_factory=FrozenDict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteTicket:
    """A ticket as its system has it."""

    ticket: Ticket
    is_open: bool
    findings: frozenset[str] = frozenset()
    """The ids that it carries."""
    labels: tuple[str, ...] = ()


class Step(StrEnum):
    """What a ticket needs."""

    OPEN = "open"
    UPDATE = "update"
    CLOSE = "close"
    REOPEN = "reopen"
    NOTE_CLOSED = "note_closed"
    """Somebody closed it, and that is right or to be left: nothing is sent."""
    NOTE_LOST = "note_lost"
    """The system has it no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One step for one finding."""

    step: Step
    item: WorkItem
    ticket: Ticket | None = None
    """None: there is none yet."""
    remark: str = ""
    """The comment that goes with it."""
    with_fields: bool = False
    """Whether fields are sent too: they changed since the ticket was told last."""


class TicketSystem(Protocol):
    """One ticket system. Every method may raise ``SourceError``."""

    def open_tickets(self) -> Mapping[str, RemoteTicket]:
        """Return the tickets that ccm opened and that are not closed, by key."""

    def read(self, key: str) -> RemoteTicket | None:
        """Return one ticket, under another key where it was moved; None: it is there no more."""

    def find(self, findings: Sequence[str]) -> Mapping[str, tuple[RemoteTicket, ...]]:
        """Return the tickets that carry the ids of findings, by id, the oldest first."""

    def open(self, draft: Draft) -> RemoteTicket:
        """Open a ticket. It is sent once: where no answer comes, nobody knows whether there is one.

        Raises:
            TimedOut: That happened; look for it before it is opened again.
        """

    def update(self, remote: RemoteTicket, draft: Draft, *, with_fields: bool) -> None:
        """Write the title, the description and the labels anew, and fields where they changed."""

    def close(self, remote: RemoteTicket, remark: str, *, is_fixed: bool) -> None:
        """Close a ticket with a comment; where it is not fixed, it is not planned to be."""

    def reopen(self, remote: RemoteTicket, remark: str) -> None:
        """Reopen a ticket with a comment."""

    def disconnect(self) -> None:
        """Close every connection."""
