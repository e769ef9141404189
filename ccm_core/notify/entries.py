"""The entries of messages: what fails where, whose it is, by when, and what is next. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import datetime, timedelta

from ccm_core.model.finding.work_item import WorkItem, WorkState
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.notify.message import Entry, Fact
from ccm_core.notify.types import Condition, Ending, NotifyEvent
from ccm_core.sdk.timestamps import format_duration

_MAX_REASON = 300
_MANY_HOURS = 48
_MINUTES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOptions:
    """What messages link to and contain, as the settings say."""

    report_url: str = ""
    """Where the report is published; empty: nowhere."""
    finding_url: str = ""
    """Where a finding is shown, with ``{finding}`` for its id; empty: nowhere."""
    include_reasons: bool = False
    """Whether reasons are sent, which quote the evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryWriter:
    """Writes the entries of a message."""

    now: datetime
    options: MessageOptions

    def of_condition(self, condition: Condition) -> Entry:
        """Return the entry of a condition."""
        if condition.item is not None:
            return self.of_item(condition.item)
        owner = [Fact(name="For", value=", ".join(condition.owners))] if condition.owners else []
        name = condition.key.partition(":")[2]
        is_asked = condition.event is NotifyEvent.ACCEPTANCE_ASKED
        return Entry(
            title=condition.text,
            severity=condition.severity.value,
            facts=tuple(owner),
            command=f"ccm findings approve {shlex.quote(name)}" if is_asked else "",
        )

    def of_ending(self, ending: Ending) -> Entry:
        """Return the entry of something that is over."""
        if ending.item is None:
            return Entry(title=ending.text, severity=ending.severity.value)
        name = ending.item.finding.id
        return Entry(
            title=ending.text,
            severity=ending.severity.value,
            url=self._finding_link(name) or ending.item.finding.subject.url or "",
            command=f"ccm findings show {name}",
        )

    def of_item(self, item: WorkItem) -> Entry:
        """Return the entry of a finding: what fails, whose it is, by when, and what is next."""
        finding = item.finding
        link = self._finding_link(finding.id)
        return Entry(
            title=finding.subject.title,
            severity=finding.severity,
            url=link or finding.subject.url or "",
            facts=tuple(self._facts(item)),
            command=f"ccm findings show {finding.id}",
        )

    def _facts(self, item: WorkItem) -> Iterator[Fact]:
        finding = item.finding
        others = len(finding.rules) - 1
        more = f", and {counted(others, 'more check')}" if others else ""
        yield Fact(name="Fails", value=f"{item.title}{more}")
        # Where the title leads to the finding, this leads to its resource.
        url = finding.subject.url if self.options.finding_url else None
        yield Fact(name="Source", value=finding.connection, url=url or "")
        yield Fact(name="Owner", value=", ".join(item.owner.names) or "nobody")
        yield Fact(name="Due", value=self._due(item))
        yield Fact(name="Open since", value=f"{finding.opened_at:%Y-%m-%d}")
        if item.state not in {WorkState.OPEN, WorkState.REOPENED}:
            yield Fact(name="State", value=item.state.value.replace("_", " "))
        if self.options.include_reasons:
            yield Fact(name="Reason", value=_shortened(finding.reason, _MAX_REASON))
        if item.next_step:
            step = _shortened(item.next_step, _MAX_REASON)
            yield Fact(name="Next step", value=step, url=item.next_step_url or "")
        for ticket in item.tickets[:3]:
            yield Fact(name="Ticket", value=ticket.key, url=ticket.url)

    def _due(self, item: WorkItem) -> str:
        if item.due_at is None:
            return "no due date"
        away = _rounded(abs(item.due_at - self.now))
        when = f"{away} overdue" if item.due_at <= self.now else f"in {away}"
        return f"{item.due_at:%Y-%m-%d} ({when})"

    def _finding_link(self, name: str) -> str:
        return self.options.finding_url.replace("{finding}", name)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _rounded(away: timedelta) -> str:
    """Return a time to a due date: days where there are some, else hours, else minutes."""
    minutes = max(round(away / timedelta(minutes=1)), 1)
    if minutes < _MINUTES:
        return format_duration(60 * minutes)
    hours = round(away / timedelta(hours=1))
    return format_duration(3600 * hours if hours < _MANY_HOURS else 86400 * round(hours / 24))


def _shortened(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
