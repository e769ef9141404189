"""Tickets of a workspace: which systems there are, as the settings say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from ccm_core.errors import CcmError, IntegrityError, SecretError, StoreError, UsageError
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.config.settings import TicketSettings
    from ccm_core.model.finding.work_item import WorkItem
    from ccm_core.pipeline.tickets.results import SyncResult
    from ccm_core.store.interface.evidence_store import EvidenceStore
    from ccm_core.tickets.types import TicketSystem


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCheck:
    """Whether one ticket system can be read."""

    system: str
    place: str
    """The project or repository."""
    open_tickets: int = 0
    failure: str | None = None


_LOCK = "@tickets"
"""In the place of a connection's name in the lock of whoever syncs tickets."""


def sync_after_evaluation(workspace: Workspace, store: EvidenceStore) -> tuple[str, ...]:
    """Sync tickets where the settings ask for it; return why something was not done."""
    if not workspace.settings.tickets:
        return ()
    try:
        results = sync_ticket_systems(workspace, store)
    except IntegrityError:
        raise
    except CcmError as error:
        # What was collected and evaluated stands, whatever became of tickets.
        return tuple(f"tickets: {line}" for line in str(error).splitlines())
    return tuple(
        f"tickets {result.system}: {line}" for result in results for line in _failures(result)
    )


def sync_ticket_systems(
    workspace: Workspace,
    store: EvidenceStore,
    names: Sequence[str] = (),
    *,
    dry_run: bool = False,
) -> tuple[SyncResult, ...]:
    """Open, update, close and reopen tickets; what one system refuses keeps no other.

    Args:
        workspace: The settings.
        store: Where findings are, open for writing; for reading in a dry run.
        names: Only these systems; none: all.
        dry_run: Return what would be done; nothing is sent, and no secret is needed.

    Raises:
        UsageError: The settings have no such system, or none at all.
        StoreError: Another process syncs tickets.
    """
    from ccm_core.pipeline.findings.work_items import FindingReader
    from ccm_core.pipeline.tickets.items import synced_items
    from ccm_core.pipeline.tickets.sync import planned_sync

    chosen = ticket_systems(workspace, names)
    now = workspace.host.clock()
    reader = FindingReader(store=store, policy=workspace.finding_policy, now=now)
    if dry_run:
        items = synced_items(reader)
        return tuple(planned_sync(items, settings.rules) for settings in chosen)
    with _alone(store):
        items = synced_items(reader)
        return tuple(_sync(workspace, store, items, settings) for settings in chosen)


def check_ticket_systems(workspace: Workspace, names: Sequence[str] = ()) -> Iterator[SystemCheck]:
    """Yield whether each system lets its tickets be read; nothing is changed there.

    Raises:
        UsageError: The settings have no such system, or none at all.
    """
    for settings in ticket_systems(workspace, names):
        try:
            with _connected(workspace, settings) as system:
                count = len(system.open_tickets())
        except CcmError as error:
            yield SystemCheck(system=settings.name, place=settings.place, failure=str(error))
        else:
            yield SystemCheck(system=settings.name, place=settings.place, open_tickets=count)


def ticket_systems(workspace: Workspace, names: Sequence[str] = ()) -> Sequence[TicketSettings]:
    """Return the ticket systems of the settings, or some of them.

    Raises:
        UsageError: There is no such system, or none at all.
    """
    from ccm_core.documents import suggest

    settings = workspace.settings.tickets
    if not settings:
        raise UsageError(f"{workspace.settings.document.file} has no `tickets`; add a system")
    known = {system.name: system for system in settings}
    for name in names:
        if name not in known:
            raise UsageError(suggest("ticket system", name, sorted(known), label="there are"))
    return [known[name] for name in dict.fromkeys(names)] or settings


def _sync(
    workspace: Workspace,
    store: EvidenceStore,
    items: Sequence[WorkItem],
    settings: TicketSettings,
) -> SyncResult:
    from ccm_core.pipeline.tickets.results import SyncResult
    from ccm_core.pipeline.tickets.sync import sync_tickets

    try:
        with _connected(workspace, settings) as system:
            clock = workspace.host.clock
            return sync_tickets(store, items, settings.rules, system, clock)
    except SecretError as error:
        return SyncResult(system=settings.name, failures=(str(error),))


@contextmanager
def _connected(workspace: Workspace, settings: TicketSettings) -> Iterator[TicketSystem]:
    """Connect to a system with its secret.

    Raises:
        SecretError: It cannot be resolved.
    """
    from ccm_core.pipeline.tickets.systems import ticket_system

    token = workspace.resolve_secret(settings.token, "token")
    system = ticket_system(settings, token, workspace.host.version)
    try:
        yield system
    finally:
        system.disconnect()


@contextmanager
def _alone(store: EvidenceStore) -> Iterator[None]:
    """Let no other process sync meanwhile: both would open the same tickets.

    Raises:
        StoreError: One does.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(store.lock_connection(_LOCK))
        except StoreError as cause:
            raise StoreError(
                "another ccm syncs the tickets of this store; what it leaves is done the next time"
            ) from cause
        yield


def _failures(result: SyncResult) -> Iterator[str]:
    yield from result.failures
    if result.waiting:
        yield f"{result.waiting:,} more tickets are left for the next sync"
