"""Notifying: what changed since each recipient was told, and only that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ccm_core.model.evaluation.result import Evaluation
from ccm_core.notify import sent_state
from ccm_core.notify.apprise_sender import send
from ccm_core.notify.conditions import conditions
from ccm_core.notify.decide import decide
from ccm_core.notify.types import Message, Told, Wishes
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.track_findings import all_findings
from ccm_core.sdk.secret import Secret
from ccm_core.store.interface import EvidenceStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What became of one recipient."""

    recipient: str
    """The reference of their address."""
    message: Message | None
    """None: there was nothing new to tell, or it is to wait."""
    failure: str | None = None
    """Why it was not sent; it will be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """Who is told what, and where that is remembered."""

    recipients: Mapping[str, Secret]
    """Addresses by their references."""
    wishes: Wishes
    memory: Path


def notify(
    host: Host, store: EvidenceStore, evaluation: Evaluation, mailing: Mailing, *, dry: bool = False
) -> tuple[Notice, ...]:
    """Tell every recipient what changed since they were told last.

    Args:
        host: Who we are.
        store: Where findings and runs are kept.
        evaluation: The newest one.
        mailing: Who is told.
        dry: Say what would be told, send nothing and remember nothing.

    Raises:
        UsageError: The memory cannot be read or written, or a package is missing.
    """
    newest = {one.connection: one for one in store.manifests()}
    so = conditions(evaluation, all_findings(store), [newest[name] for name in sorted(newest)])
    told = sent_state.read(mailing.memory)
    notices = []
    for recipient, address in mailing.recipients.items():
        decision = decide(host.clock(), so, told.get(recipient, Told()), mailing.wishes)
        failure = None
        if decision.message is not None and not dry:
            failure = send(decision.message, address)
        if failure is None and not dry:
            told[recipient] = decision.told
            sent_state.write(mailing.memory, told)
        notices.append(Notice(recipient=recipient, message=decision.message, failure=failure))
    return tuple(notices)


def try_out(mailing: Mailing) -> tuple[Notice, ...]:
    """Send every recipient a message that says it is a trial.

    Raises:
        UsageError: A package is missing.
    """
    message = Message(
        title="ccm: a trial message",
        lines=("This address is told what changes. Nothing has happened.",),
    )
    return tuple(
        Notice(recipient=recipient, message=message, failure=send(message, address))
        for recipient, address in mailing.recipients.items()
    )
