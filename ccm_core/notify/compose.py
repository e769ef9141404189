"""What a message says: what is new, or the digest of all that is to be done. Pure."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.finding.finding import SEVERITIES
from ccm_core.model.finding.work_item import WorkItem, WorkState
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.notify.decide import Difference
from ccm_core.notify.entries import EntryWriter, MessageOptions, counted
from ccm_core.notify.message import Entry, Link, Message, MessageSection
from ccm_core.notify.routing import wants
from ccm_core.notify.types import (
    Channel,
    Condition,
    Ending,
    NotifyDecision,
    NotifyEvent,
    severity_rank,
)

MAX_ENTRIES = 10
"""Entries of each section; a message states how many it leaves out."""
_SOON = timedelta(days=7)
_HEADINGS = {
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
_OF_FINDINGS = {NotifyEvent.OPENED, NotifyEvent.REOPENED, NotifyEvent.FINDING_OVERDUE}


def decision(
    now: datetime,
    current: Sequence[Condition],
    news: Difference,
    channel: Channel,
    options: MessageOptions,
) -> NotifyDecision:
    """Return the message for what is new or for a digest, and the state once it was sent.

    Args:
        now: The moment.
        current: Everything that holds now and goes to the channel, the most urgent first.
        news: What is new to the address.
        channel: The channel.
        options: What messages link to and contain.
    """
    entries = EntryWriter(now=now, options=options)
    composer = _Composer(now=now, channel=channel, options=options, entries=entries)
    if not news.is_digest:
        message = None if news.is_empty else composer.update(news)
        return NotifyDecision(message=message, state=news.state)
    shown = [condition for condition in current if wants(channel, condition)]
    state = replace(news.state, digest_at=now, opened=0, resolved=0)
    if shown or not news.is_empty or news.state.opened or news.state.resolved:
        return NotifyDecision(message=composer.digest(shown, news), state=state)
    if channel.digest.send_empty:
        return NotifyDecision(message=composer.empty_digest(), state=state)
    # An address that was never sent anything is sent a digest once there is something to report.
    is_first = news.state.digest_at is None
    return NotifyDecision(message=None, state=news.state if is_first else state)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Composer:
    """Writes the messages of one channel."""

    now: datetime
    channel: Channel
    options: MessageOptions
    entries: EntryWriter

    def update(self, news: Difference) -> Message:
        """Return the message about what is new."""
        counts = [
            *(f"{len(new):,} {_HEADINGS[event][0]}" for event, new in _by_event(news.opened)),
            *([f"{len(news.worse):,} more severe"] if news.worse else []),
            *([f"{len(news.continued):,} continued"] if news.continued else []),
            *_ending_counts(news.ended),
        ]
        return Message(
            title=f"ccm: {', '.join(counts)}",
            severity=_greatest([*news.opened, *news.worse, *news.continued]),
            sections=(*self._news_sections(news), *self._ending_sections(news.ended)),
            links=tuple(self._links()),
        )

    def digest(self, current: Sequence[Condition], news: Difference) -> Message:
        """Return the digest of all that is to be done, with what is new."""
        findings = [condition for condition in current if _is_finding(condition)]
        items = [condition.item for condition in findings if condition.item]
        overdue = [item for item in items if item.is_overdue]
        title = f"ccm: {counted(len(items), 'open finding')}" if items else "ccm: no open findings"
        return Message(
            title=title + (f", {len(overdue):,} overdue" if overdue else ""),
            severity=_greatest(current),
            summary=tuple(self._summary(items, overdue, news)),
            sections=tuple(self._digest_sections(current, findings, overdue, news)),
            links=tuple(self._links()),
        )

    def empty_digest(self) -> Message:
        """Return the digest where there is nothing to report."""
        return Message(
            title="ccm: no open findings",
            summary=("No open findings, and nothing was resolved since the last digest.",),
            links=tuple(self._links()),
        )

    # -- digests ------------------------------------------------------------------------------

    def _summary(
        self, items: Sequence[WorkItem], overdue: Sequence[WorkItem], news: Difference
    ) -> Iterator[str]:
        if items:
            severities = Counter(item.finding.severity for item in items)
            parts = [f"{severities[name]:,} {name}" for name in SEVERITIES if severities[name]]
            yield f"{counted(len(items), 'open finding')}{self._range()}: {', '.join(parts)}"
            soon = sum(
                not item.is_overdue and item.due_at is not None and item.due_at <= self.now + _SOON
                for item in items
            )
            unowned = sum(not item.owner.names for item in items)
            acknowledged = sum(item.state is WorkState.ACKNOWLEDGED for item in items)
            yield (
                f"{len(overdue):,} overdue, {soon:,} due within 7 days, "
                f"{acknowledged:,} acknowledged, {unowned:,} without an owner"
            )
        if news.state.digest_at is not None:
            yield (
                f"Since the last digest: {news.state.opened:,} opened or reopened, "
                f"{news.state.resolved:,} resolved"
            )

    def _range(self) -> str:
        """Return which severities a digest is about, where that is not all."""
        least = self.channel.min_severity
        if least is Severity.INFORMATIONAL:
            return ""
        return f" ({least})" if least is Severity.CRITICAL else f" ({least} or more severe)"

    def _digest_sections(
        self,
        current: Sequence[Condition],
        findings: Sequence[Condition],
        overdue: Sequence[WorkItem],
        news: Difference,
    ) -> Iterator[MessageSection]:
        if findings:
            yield self._section("Most urgent", findings)
            yield _by_check(findings)
        if overdue:
            longest = sorted(overdue, key=lambda item: (item.due_at or self.now, item.finding.id))
            yield self._item_section("Longest overdue", longest, " --overdue")
        if news.state.digest_at is not None:
            yield from self._news_sections(news, of_findings=True)
        for event, others in _by_event(current):
            if event not in _OF_FINDINGS:
                yield self._section(_HEADINGS[event][1], others)
        yield from self._ending_sections(news.ended)

    # -- sections -----------------------------------------------------------------------------

    def _news_sections(
        self, news: Difference, *, of_findings: bool = False
    ) -> Iterator[MessageSection]:
        for event, new in _by_event(news.opened):
            if not of_findings or event in _OF_FINDINGS:
                yield self._section(_HEADINGS[event][1], new)
        if news.worse:
            yield self._section("More severe than before", news.worse)
        if news.continued:
            yield self._section("Continued from other findings", news.continued)

    def _section(self, heading: str, conditions: Sequence[Condition]) -> MessageSection:
        shown = sorted(conditions, key=_rank)[:MAX_ENTRIES]  # stable: the most urgent stay first
        about_findings = all(condition.item for condition in shown)
        return MessageSection(
            heading=heading,
            entries=tuple(self.entries.of_condition(condition) for condition in shown),
            total=len(conditions),
            rest=self._listing() if about_findings else "ccm report",
        )

    def _item_section(
        self, heading: str, items: Sequence[WorkItem], selection: str
    ) -> MessageSection:
        return MessageSection(
            heading=heading,
            entries=tuple(self.entries.of_item(item) for item in items[:MAX_ENTRIES]),
            total=len(items),
            rest=f"{self._listing()}{selection}",
        )

    def _listing(self) -> str:
        """Return the command that lists the channel's findings."""
        owners = self.channel.owners
        if any("*" in name for name in owners):
            return "ccm findings list"
        return "ccm findings list" + "".join(f" --owner {shlex.quote(name)}" for name in owners)

    def _ending_sections(self, ended: Sequence[Ending]) -> Iterator[MessageSection]:
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

    def _links(self) -> Iterator[Link]:
        if self.options.report_url:
            yield Link(text="Full report", url=self.options.report_url)


def _by_check(findings: Sequence[Condition]) -> MessageSection:
    """Return the checks that fail for most findings."""
    titles: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for condition in findings:
        if condition.item is not None:
            counts[condition.item.finding.rule] += 1
            titles.setdefault(condition.item.finding.rule, condition.item.title)
    most = sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))
    return MessageSection(
        heading="By check",
        entries=tuple(
            Entry(title=f"{count:,} of: {titles[rule]}") for rule, count in most[:MAX_ENTRIES]
        ),
        total=len(counts),
        rest="ccm report",
    )


def _by_event(
    conditions: Iterable[Condition],
) -> Iterator[tuple[NotifyEvent, Sequence[Condition]]]:
    """Yield the conditions of each event, in the order of their sections."""
    by_event: dict[NotifyEvent, list[Condition]] = {event: [] for event in _HEADINGS}
    for condition in conditions:
        by_event[condition.event].append(condition)
    yield from ((event, of_event) for event, of_event in by_event.items() if of_event)


def _is_finding(condition: Condition) -> bool:
    return condition.event in {NotifyEvent.OPENED, NotifyEvent.REOPENED}


def _rank(condition: Condition) -> int:
    return -severity_rank(condition.severity)


def _greatest(conditions: Iterable[Condition]) -> str:
    severities = [condition.severity for condition in conditions]
    return max(severities, key=severity_rank).value if severities else ""


def _ending_counts(ended: Sequence[Ending]) -> list[str]:
    counts = Counter(ending.heading for ending in ended)
    return [f"{count:,} {heading.lower()}" for heading, count in counts.items()]
