"""Work items as the columns of a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ccm_core.model.finding.act import ActKind
from ccm_core.model.finding.work_item import WorkItem
from ccm_core.sdk.timestamps import format_instant

COLUMNS = (
    *("finding", "state", "severity", "title", "connection"),
    *("resource_kind", "resource_key", "resource_title", "resource_url"),
    *("owner", "owner_source", "due_at", "overdue", "accepted_until"),
    *("occurred_at", "first_seen", "opened_at", "last_seen", "closed_at", "times_opened"),
    *("checks", "reasons", "controls", "next_step", "next_step_url", "tickets", "comments"),
)


def finding_cells(item: WorkItem) -> Sequence[str]:
    """Return a finding as the cells of :data:`COLUMNS`."""
    finding, subject = item.finding, item.finding.subject
    comments = [f"{act.by}: {act.text}" for act in item.acts if act.kind is ActKind.COMMENTED]
    return (
        *(finding.id, item.state.value, finding.severity, item.title, finding.connection),
        *(subject.kind, subject.key, subject.title, subject.url or ""),
        *("; ".join(item.owner.names), item.owner.source.value),
        *(_text(item.due_at) or "", "yes" if item.is_overdue else "no"),
        *(_text(item.accepted_until) or "", _text(finding.occurred_at) or ""),
        *(format_instant(finding.first_seen), format_instant(finding.opened_at)),
        *(format_instant(finding.last_seen), _text(finding.closed_at) or "", str(finding.opened)),
        *(", ".join(finding.rules), "; ".join(check.reason for check in finding.checks)),
        *(", ".join(item.controls), item.next_step or "", item.next_step_url or ""),
        *(", ".join(ticket.url for ticket in item.tickets), "; ".join(comments)),
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)
