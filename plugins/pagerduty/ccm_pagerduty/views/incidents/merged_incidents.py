"""Merged incidents: the chain from an incident to the primary one it was merged into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.views.row_builder import INCIDENT

if TYPE_CHECKING:
    from ccm_core.sdk.types import JsonObject, Record
    from ccm_pagerduty.views.row_builder import RecordIndex

_URGENCY_RANK = {"low": 0, "high": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeChain:
    """An incident and those into which it was merged, one after the other."""

    records: tuple[Record, ...]
    """The incident itself first."""
    complete: bool
    """Whether the evidence holds the last of them, which was merged into none."""

    @property
    def is_final(self) -> bool:
        """Return whether PagerDuty shows each of them resolved, the last one included."""
        return self.complete and all(
            record.body.get("status") == "resolved" for record in self.records
        )

    @property
    def is_primary(self) -> bool | None:
        """Return whether the incident is evaluated by itself; None where that is unknown.

        A merged incident is evaluated through the last one of its chain where that one began no
        later and is no less urgent: then it cannot be in time while this one is late.
        """
        if not self.complete:
            return None
        own, last = self.records[0].body, self.records[-1].body
        if own is last:
            return True
        if own.get("urgency") not in _URGENCY_RANK or last.get("urgency") not in _URGENCY_RANK:
            return None
        later = parse_instant(last["created_at"]) > parse_instant(own["created_at"])
        return later or _URGENCY_RANK[last["urgency"]] < _URGENCY_RANK[own["urgency"]]


def merged_into(incident: JsonObject) -> JsonObject | None:
    """Return the reference to the incident it was merged into, where PagerDuty reports it."""
    reason = incident.get("resolve_reason")
    return reason.get("incident") if is_merged(incident) and reason is not None else None


def is_merged(incident: JsonObject) -> bool:
    """Return whether it was resolved by being merged."""
    return (incident.get("resolve_reason") or {}).get("type") == "merge_resolve_reason"


def merge_chain(record: Record, index: RecordIndex) -> MergeChain:
    """Follow an incident to its primary incident; a cycle of merges has none."""
    records, keys = [record], {record.key}
    while is_merged(records[-1].body):
        ref = merged_into(records[-1].body)
        parent = None if ref is None else index.find(INCIDENT, str(ref.get("id")))
        if parent is None or parent.key in keys:
            return MergeChain(records=tuple(records), complete=False)
        records.append(parent)
        keys.add(parent.key)
    return MergeChain(records=tuple(records), complete=True)
