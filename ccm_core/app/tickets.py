"""Tickets of a workspace: which systems there are, as the settings say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from ccm_core.errors import CcmError, IntegrityError, StoreError, UsageError

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.config.settings import TicketSettings
    from ccm_core.model.finding.work_item import WorkItem
    from ccm_core.pipeline.tickets.sync import SyncResult
    from ccm_core.store.interface.evidence_store import EvidenceStore

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
    from ccm_core.pipeline.tickets.sync import SyncResult, sync_tickets
    from ccm_core.pipeline.tickets.systems import ticket_system

    host = workspace.host
    try:
        token = workspace.resolve_secret(settings.token, "token")
        system = ticket_system(settings, token, host.version)
    except UsageError as error:
        return SyncResult(system=settings.name, failures=(str(error),))
    try:
        return sync_tickets(store, items, settings.rules, system, host.clock)
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
