"""The sections of messages: the most urgent entries, how many, and what lists all. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from ccm_core.model.finding.work_item import WorkItem
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.notify.decide import Difference
from ccm_core.notify.entries import EntryWriter
from ccm_core.notify.message import MessageSection
from ccm_core.notify.types import Channel, Condition, Ending, NotifyEvent, severity_rank

MAX_ENTRIES = 10
"""Entries of each section; a message states how many it leaves out."""
HEADINGS = {
    NotifyEvent.OPENED: ("opened", "New"),
    NotifyEvent.REOPENED: ("reopened", "Reopened"),
    NotifyEvent.FINDING_OVERDUE: ("overdue", "Overdue"),
    NotifyEvent.ACCEPTANCE_ASKED: ("to approve", "Approval needed"),
    NotifyEvent.ACCEPTANCE_ENDING: ("acceptance ending", "Risk acceptance ends soon"),
    NotifyEvent.INCONCLUSIVE: ("inconclusive", "Inconclusive: insufficient evidence"),
    NotifyEvent.KEY_DUE: ("credential rotation due", "Credential rotation due"),
    NotifyEvent.EVIDENCE_OVERDUE: ("evidence overdue", "Evidence overdue"),
}
"""In a title, and over a section."""
OF_FINDINGS = frozenset({NotifyEvent.OPENED, NotifyEvent.REOPENED, NotifyEvent.FINDING_OVERDUE})
"""The events of single findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionWriter:
    """Writes the sections of the messages of one channel."""

    channel: Channel
    entries: EntryWriter

    def of_news(self, news: Difference, events: Iterable[NotifyEvent]) -> Iterator[MessageSection]:
        """Yield what is new of some events, then what became more severe or was continued."""
        for event, new in by_event(news.opened):
            if event in events:
                yield self.of_conditions(HEADINGS[event][1], new)
        if news.worse:
            yield self.of_conditions("More severe than before", news.worse)
        if news.continued:
            yield self.of_conditions("Continued from other findings", news.continued)

    def of_conditions(self, heading: str, conditions: Sequence[Condition]) -> MessageSection:
        """Return a section of conditions, the most severe first."""
        shown = sorted(conditions, key=_rank)[:MAX_ENTRIES]  # stable: the most urgent stay first
        about_findings = all(condition.item for condition in shown)
        return MessageSection(
            heading=heading,
            entries=tuple(self.entries.of_condition(condition) for condition in shown),
            total=len(conditions),
            rest=self._listing() if about_findings else "ccm report",
        )

    def of_items(
        self, heading: str, items: Sequence[WorkItem], selection: str = ""
    ) -> MessageSection:
        """Return a section of findings in their order; ``selection`` is of what lists them all."""
        return MessageSection(
            heading=heading,
            entries=tuple(self.entries.of_item(item) for item in items[:MAX_ENTRIES]),
            total=len(items),
            rest=f"{self._listing()}{selection}",
        )

    def of_endings(self, ended: Sequence[Ending]) -> Iterator[MessageSection]:
        """Yield a section for each way in which something ended."""
        for heading in dict.fromkeys(ending.heading for ending in ended):
            of_heading = sorted(
                (ending for ending in ended if ending.heading == heading),
                key=lambda ending: (-severity_rank(ending.severity), ending.text, ending.key),
            )
            yield MessageSection(
                heading=heading,
                entries=tuple(map(self.entries.of_ending, of_heading[:MAX_ENTRIES])),
                total=len(of_heading),
                rest="ccm findings list --all",
            )

    def _listing(self) -> str:
        """Return the command that lists the channel's findings."""
        owners = self.channel.owners
        if any("*" in name for name in owners):
            return "ccm findings list"
        return "ccm findings list" + "".join(f" --owner {shlex.quote(name)}" for name in owners)


def by_event(
    conditions: Iterable[Condition],
) -> Iterator[tuple[NotifyEvent, Sequence[Condition]]]:
    """Yield the conditions of each event, in the order of their sections."""
    of_events: dict[NotifyEvent, list[Condition]] = {event: [] for event in HEADINGS}
    for condition in conditions:
        of_events[condition.event].append(condition)
    yield from ((event, of_event) for event, of_event in of_events.items() if of_event)


def event_counts(conditions: Iterable[Condition]) -> Iterator[str]:
    """Yield how many conditions there are of each event, as a title has it."""
    for event, of_event in by_event(conditions):
        yield f"{len(of_event):,} {HEADINGS[event][0]}"


def greatest_severity(conditions: Iterable[Condition]) -> str:
    """Return the greatest severity of conditions; empty: there are none."""
    severities = [condition.severity for condition in conditions]
    return max(severities, key=severity_rank).value if severities else ""


def _rank(condition: Condition) -> int:
    return -severity_rank(condition.severity)
