"""What an address is sent: what is new to it, or the digest of all that is to be done. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from ccm_core.notify.decide import Difference
from ccm_core.notify.digest import Digest, empty_digest
from ccm_core.notify.entries import EntryWriter, MessageOptions
from ccm_core.notify.message import Link, Message
from ccm_core.notify.routing import wants
from ccm_core.notify.sections import (
    HEADINGS,
    SectionWriter,
    event_counts,
    greatest_severity,
)
from ccm_core.notify.types import Channel, Condition, NotifyDecision


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
    sections = SectionWriter(channel=channel, entries=EntryWriter(now=now, options=options))
    if not news.is_digest:
        message = None if news.is_empty else _linked(_update(news, sections), options)
        return NotifyDecision(message=message, state=news.state)
    shown = [condition for condition in current if wants(channel, condition)]
    state = replace(news.state, digest_at=now, opened=0, resolved=0)
    if shown or not news.is_empty or news.state.opened or news.state.resolved:
        digest = Digest(now=now, current=shown, news=news, sections=sections)
        return NotifyDecision(message=_linked(digest.message(), options), state=state)
    if channel.digest.send_empty:
        return NotifyDecision(message=_linked(empty_digest(), options), state=state)
    # An address that was never sent anything is sent a digest once there is something to report.
    is_first = news.state.digest_at is None
    return NotifyDecision(message=None, state=news.state if is_first else state)


def _update(news: Difference, sections: SectionWriter) -> Message:
    """Return the message about what is new."""
    ended = Counter(ending.heading for ending in news.ended)
    counts = [
        *event_counts(news.opened),
        *([f"{len(news.worse):,} more severe"] if news.worse else []),
        *([f"{len(news.continued):,} continued"] if news.continued else []),
        *(f"{count:,} {heading.lower()}" for heading, count in ended.items()),
    ]
    return Message(
        title=f"ccm: {', '.join(counts)}",
        severity=greatest_severity([*news.opened, *news.worse, *news.continued]),
        sections=(*sections.of_news(news, HEADINGS), *sections.of_endings(news.ended)),
    )


def _linked(message: Message, options: MessageOptions) -> Message:
    return replace(message, links=tuple(_links(options)))


def _links(options: MessageOptions) -> Iterator[Link]:
    if options.report_url:
        yield Link(text="Full report", url=options.report_url)
