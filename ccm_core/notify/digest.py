"""The digest of a channel: what is open, overdue and due soon, and what happened since. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.finding.finding import SEVERITIES
from ccm_core.model.finding.work_item import WorkItem, WorkState
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.notify.decide import Difference
from ccm_core.notify.entries import counted
from ccm_core.notify.message import Entry, Message, MessageSection
from ccm_core.notify.sections import (
    HEADINGS,
    MAX_ENTRIES,
    OF_FINDINGS,
    SectionWriter,
    by_event,
    event_counts,
    greatest_severity,
)
from ccm_core.notify.types import Condition, NotifyEvent

_SOON = timedelta(days=7)
_NOTHING = "no open findings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one digest is about."""

    now: datetime
    current: Sequence[Condition]
    """What holds now and the channel wants, the most urgent first."""
    news: Difference
    sections: SectionWriter

    def message(self) -> Message:
        """Return it as a message, without links."""
        others = [condition for condition in self.current if condition.event not in OF_FINDINGS]
        items, overdue = self._items(), self._overdue()
        open_ones = [counted(len(items), self._noun())] if items else []
        late = [f"{len(overdue):,} overdue"] if overdue else []
        counts = [*open_ones, *late] or list(event_counts(others)) or [_NOTHING]
        return Message(
            title=f"ccm: {', '.join(counts)}",
            severity=greatest_severity(self.current),
            summary=tuple(self._summary(items, overdue)),
            sections=(
                *self._finding_sections(items, overdue),
                *(
                    self.sections.of_conditions(HEADINGS[event][1], of_event)
                    for event, of_event in by_event(others)
                ),
                *self.sections.of_endings(self.news.ended),
            ),
        )

    def _items(self) -> Sequence[WorkItem]:
        """Return the findings of the events that the channel wants, each once."""
        items = (condition.item for condition in self.current if condition.event in OF_FINDINGS)
        return list({item.finding.id: item for item in items if item is not None}.values())

    def _overdue(self) -> Sequence[WorkItem]:
        """Return those that are overdue, the longest first."""
        overdue = [item for item in self._items() if item.is_overdue]
        return sorted(overdue, key=lambda item: (item.due_at or self.now, item.finding.id))

    def _noun(self) -> str:
        """Return what findings are called: not open, where others are open as well."""
        return "open finding" if NotifyEvent.OPENED in self.sections.channel.events else "finding"

    def _summary(self, items: Sequence[WorkItem], overdue: Sequence[WorkItem]) -> Iterator[str]:
        if items:
            severities = Counter(item.finding.severity for item in items)
            parts = [f"{severities[name]:,} {name}" for name in SEVERITIES if severities[name]]
            yield f"{counted(len(items), self._noun())}{self._range()}: {', '.join(parts)}"
            soon = sum(map(self._is_due_soon, items))
            unowned = sum(not item.owner.names for item in items)
            acknowledged = sum(item.state is WorkState.ACKNOWLEDGED for item in items)
            yield (
                f"{len(overdue):,} overdue, {soon:,} due within 7 days, "
                f"{acknowledged:,} acknowledged, {unowned:,} without an owner"
            )
        state = self.news.state
        if state.digest_at is not None:
            yield (
                f"Since the last digest: {state.opened:,} opened or reopened, "
                f"{state.resolved:,} resolved"
            )

    def _is_due_soon(self, item: WorkItem) -> bool:
        return not item.is_overdue and item.due_at is not None and item.due_at <= self.now + _SOON

    def _range(self) -> str:
        """Return which severities it is about, where that is not all."""
        least = self.sections.channel.min_severity
        if least is Severity.INFORMATIONAL:
            return ""
        return f" ({least})" if least is Severity.CRITICAL else f" ({least} or more severe)"

    def _finding_sections(
        self, items: Sequence[WorkItem], overdue: Sequence[WorkItem]
    ) -> Iterator[MessageSection]:
        if items:
            yield self.sections.of_items("Most urgent", items)
            yield _by_check(items)
        if overdue:
            yield self.sections.of_items("Longest overdue", overdue, " --overdue")
        if self.news.state.digest_at is not None:
            yield from self.sections.of_news(self.news, OF_FINDINGS)


def empty_digest() -> Message:
    """Return the digest where there is nothing to report."""
    return Message(
        title=f"ccm: {_NOTHING}",
        summary=("No open findings, and nothing was resolved since the last digest.",),
    )


def _by_check(items: Sequence[WorkItem]) -> MessageSection:
    """Return the checks that fail for most findings."""
    titles = {item.finding.rule: item.title for item in items}
    counts = Counter(item.finding.rule for item in items)
    most = sorted(counts, key=lambda rule: (-counts[rule], rule))
    return MessageSection(
        heading="By check",
        entries=tuple(
            Entry(title=f"{counts[rule]:,} of: {titles[rule]}") for rule in most[:MAX_ENTRIES]
        ),
        total=len(counts),
        rest="ccm report",
    )
