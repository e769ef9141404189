"""What a sync did in one ticket system, and how it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ccm_core.model.finding.act import Ticket
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.tickets.types import Step

_DONE: Mapping[Step, str] = FrozenDict(
    {
        Step.OPEN: "opened",
        Step.UPDATE: "updated",
        Step.CLOSE: "closed",
        Step.REOPEN: "reopened",
        Step.NOTE_CLOSED: "noted as closed",
        Step.NOTE_LOST: "noted as lost",
    }
)
_PLANNED: Mapping[Step, str] = FrozenDict(
    {
        Step.OPEN: "would open",
        Step.UPDATE: "would update",
        Step.CLOSE: "would close",
        Step.REOPEN: "would reopen",
        Step.NOTE_CLOSED: "would note as closed",
        Step.NOTE_LOST: "would note as lost",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncedTicket:
    """What was done for one finding."""

    finding: str
    step: Step
    ticket: Ticket | None
    """None in a dry run: it would be opened."""
    text: str = ""
    """What is worth knowing about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """What one sync did in one system."""

    system: str
    synced: tuple[SyncedTicket, ...] = ()
    failures: tuple[str, ...] = ()
    """What could not be done; it is tried again in the next sync."""
    waiting: int = 0
    """How many tickets are left for the next sync."""


def sync_lines(result: SyncResult, *, planned: bool = False) -> Iterator[str]:
    """Yield what one sync did, or would do, in words."""
    for synced in result.synced:
        key = synced.ticket.key if synced.ticket else "a ticket"
        verb = _PLANNED[synced.step] if planned else _DONE[synced.step]
        text = f": {synced.text}" if synced.text else ""
        yield f"{result.system}: {verb} {key} for finding {synced.finding}{text}"
    for failure in result.failures:
        yield f"{result.system}: {failure}"
    if result.waiting:
        yield f"{result.system}: {result.waiting:,} more tickets are left for the next sync"
    if not (result.synced or result.failures or result.waiting):
        yield f"{result.system}: nothing to do"
