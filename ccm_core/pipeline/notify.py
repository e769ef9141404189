"""Notify channels of what is new since the message they received last, and send digests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.errors import SecretError
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.model.finding.policy import FindingPolicy
from ccm_core.model.finding.work_item import WorkItem, WorkState
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.notify import sent_state
from ccm_core.notify.apprise_sender import send
from ccm_core.notify.compose import decision
from ccm_core.notify.conditions import conditions
from ccm_core.notify.decide import Difference, difference, sent_findings
from ccm_core.notify.entries import MessageOptions
from ccm_core.notify.message import Message
from ccm_core.notify.routing import route
from ccm_core.notify.types import Channel, Condition, NotifyDecision, RecipientState
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.findings.work_items import FindingReader
from ccm_core.sdk.secret import Secret
from ccm_core.store.interface.evidence_store import EvidenceStore

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """What was sent to one address of a channel."""

    recipient: str
    """The channel, and the reference of the address."""
    message: Message | None
    """None: there is nothing to send, or it waits for the end of the quiet hours."""
    failure: str | None = None
    """Why it was not sent; it is tried again in the next cycle."""
    waiting: int = 0
    """How much waits for the end of the quiet hours."""
    waits_until: datetime | None = None
    """When they end; None: nothing waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationPolicy:
    """Who receives what, and the file that remembers what was sent."""

    channels: Sequence[Channel]
    address: Callable[[str], Secret]
    """Returns the address that a reference stands for; raises SecretError where it cannot."""
    sent_state: Path
    options: MessageOptions = field(default_factory=MessageOptions)
    findings: FindingPolicy = field(default_factory=FindingPolicy)

    def recipients(self) -> Iterator[_Recipient]:
        """Yield each address of each channel."""
        for channel in self.channels:
            for reference in channel.to:
                yield _Recipient(channel=channel, reference=reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipient:
    """One address of a channel: it has a sent state of its own, so none waits for another."""

    channel: Channel
    reference: str

    @property
    def name(self) -> str:
        """How it is called in messages, and in the file of what was sent."""
        return f"{self.channel.name} {self.reference}"


def notify(
    host: Host,
    store: EvidenceStore,
    evaluation: Evaluation,
    policy: NotificationPolicy,
    *,
    dry_run: bool = False,
) -> tuple[DeliveryResult, ...]:
    """Send every channel what is new to it, or its digest where that is due.

    The store is only read; what was sent is remembered in the policy's own file.

    Args:
        host: What is installed, and the clock.
        store: Where findings and runs are stored.
        evaluation: The newest one.
        policy: Who receives what.
        dry_run: Return what would be sent, send nothing and remember nothing.

    Raises:
        UsageError: The file cannot be read or written, or a package is missing.
    """
    return tuple(_Notifier(host, store, evaluation, policy).notify(dry_run=dry_run))


def send_test(policy: NotificationPolicy) -> tuple[DeliveryResult, ...]:
    """Send every address a message that says it is a test.

    Raises:
        UsageError: A package is missing.
    """
    message = Message(
        title="ccm: test message",
        summary=("This address is notified of findings. Nothing has happened.",),
    )
    return tuple(
        DeliveryResult(
            recipient=recipient.name,
            message=message,
            failure=_deliver(message, recipient, policy),
        )
        for recipient in policy.recipients()
    )


class _Notifier:
    """Notifies of one evaluation."""

    def __init__(
        self,
        host: Host,
        store: EvidenceStore,
        evaluation: Evaluation,
        policy: NotificationPolicy,
    ) -> None:
        self._now = host.clock()
        self._policy = policy
        self._reader = FindingReader(store=store, policy=policy.findings, now=self._now)
        self._recipients = list(policy.recipients())
        self._sent = sent_state.read(policy.sent_state)
        self._items = {item.finding.id: item for item in self._reader.active(evaluation)}
        items, people = list(self._items.values()), policy.findings.people
        is_asked = any(item.state is WorkState.ACCEPTANCE_ASKED for item in items)
        approvers = self._reader.approvers() if is_asked else {}
        manifests = store.runs.newest_manifests()
        current = conditions(evaluation, items, manifests, people, approvers)
        self._routed = route(current, policy.channels, self._sent_keys())
        self._items.update(self._closed())

    def notify(self, *, dry_run: bool) -> Iterator[DeliveryResult]:
        """Yield what was sent to each address."""
        names = [recipient.name for recipient in self._recipients]
        for recipient in self._recipients:
            before = self._state(recipient)
            news = self._news(recipient, before)
            decided = self._decided(recipient, news)
            failure = None
            if not dry_run and decided.message is not None:
                failure = _deliver(decided.message, recipient, self._policy)
            if not dry_run and failure is None and decided.state != before:
                sent_state.record(self._policy.sent_state, recipient.name, decided.state, names)
            quiet_hours = recipient.channel.quiet_hours
            yield DeliveryResult(
                recipient=recipient.name,
                message=decided.message,
                failure=failure,
                waiting=news.waiting,
                waits_until=quiet_hours.end(self._now) if quiet_hours and news.waiting else None,
            )

    def _news(self, recipient: _Recipient, before: RecipientState) -> Difference:
        channel = recipient.channel
        return difference(self._now, self._routed[channel.name], before, channel, self._items)

    def _decided(self, recipient: _Recipient, news: Difference) -> NotifyDecision:
        channel = recipient.channel
        current: Sequence[Condition] = self._routed[channel.name]
        return decision(self._now, current, news, channel, self._policy.options)

    def _state(self, recipient: _Recipient) -> RecipientState:
        return self._sent.get(recipient.name, RecipientState())

    def _sent_keys(self) -> Mapping[str, set[str]]:
        keys: dict[str, set[str]] = {}
        for recipient in self._recipients:
            sent = keys.setdefault(recipient.channel.name, set())
            sent.update(self._state(recipient).conditions)
        return keys

    def _closed(self) -> Mapping[str, WorkItem]:
        """Return the findings that were sent and are closed now, by id."""
        names = {
            name
            for recipient in self._recipients
            for name in sent_findings(self._state(recipient))
            if name not in self._items
        }
        findings = self._reader.store.findings.by_id(sorted(names)) if names else ()
        return {item.finding.id: item for item in self._reader.of(findings)} if findings else {}


def _deliver(message: Message, recipient: _Recipient, policy: NotificationPolicy) -> str | None:
    """Send a message; return why it was not sent. What keeps one address keeps no other."""
    try:
        address = policy.address(recipient.reference)
    except SecretError as error:
        return str(error)
    return send(message, address)
