"""A finding as a document for programs, the same in lists, exports and reports."""

from __future__ import annotations

from ccm_core.model import json_codec
from ccm_core.model.finding.work_item import WorkItem
from ccm_core.model.json_codec import JsonObject


def finding_document(item: WorkItem) -> JsonObject:
    """Return a finding as ``schemas/finding.v1.schema.json`` describes it."""
    finding, subject = item.finding, item.finding.subject
    document: JsonObject = json_codec.plain(
        {
            "id": finding.id,
            "state": item.state,
            "severity": finding.severity,
            "title": item.title,
            "connection": finding.connection,
            "resource": {
                "kind": subject.kind,
                "key": subject.key,
                "title": subject.title,
                "url": subject.url,
                "owners": subject.owners,
            },
            "owner": item.owner,
            "due_at": item.due_at,
            "due": item.due,
            "overdue": item.is_overdue,
            "accepted_until": item.accepted_until,
            "occurred_at": finding.occurred_at,
            "first_seen": finding.first_seen,
            "opened_at": finding.opened_at,
            "last_seen": finding.last_seen,
            "closed_at": finding.closed_at,
            "times_opened": finding.opened,
            "reason": finding.reason,
            "checks": finding.checks,
            "controls": item.controls,
            "risk": item.risk,
            "next_step": item.next_step,
            "next_step_url": item.next_step_url,
            "tickets": item.tickets,
            "follows": finding.follows,
            "revision": revision(item),
        }
    )
    return document


def revision(item: WorkItem) -> int:
    """Return how many acts of the finding itself have been stored."""
    return sum(act.finding == item.finding.id for act in item.acts)
