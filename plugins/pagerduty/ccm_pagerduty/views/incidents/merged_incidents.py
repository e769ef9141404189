"""Merged incidents: the chain from an incident to the primary one it was merged into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_pagerduty.views.row_builder import INCIDENT

if TYPE_CHECKING:
    from ccm_core.sdk.types import JsonObject, Record
    from ccm_pagerduty.views.row_builder import RowBuilder


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeChain:
    """An incident and those into which it was merged, one after the other."""

    records: tuple[Record, ...]
    """The incident itself first."""
    lost_in: JsonObject | None = None
    """The reference to the next one, where that is not in the evidence; None: the last one was
    merged into none, or into one that stands before it."""
    circular: bool = False
    """Whether the last one was merged into one of the chain, which cannot be."""

    @property
    def complete(self) -> bool:
        """Return whether the evidence holds the last of them, which was merged into none."""
        return not is_merged(self.records[-1].body)

    @property
    def is_final(self) -> bool:
        """Return whether PagerDuty shows each of them resolved, as far as they are known."""
        return all(record.body.get("status") == "resolved" for record in self.records)


def merged_into(incident: JsonObject) -> JsonObject | None:
    """Return the reference to the incident it was merged into, where PagerDuty reports it."""
    reason = incident.get("resolve_reason")
    return reason.get("incident") if is_merged(incident) and reason is not None else None


def is_merged(incident: JsonObject) -> bool:
    """Return whether it was resolved by being merged."""
    return (incident.get("resolve_reason") or {}).get("type") == "merge_resolve_reason"


def merge_chain(record: Record, builder: RowBuilder) -> MergeChain:
    """Follow an incident to its primary incident; a circle of merges has none.

    Args:
        record: The incident.
        builder: Of its row, which rests on each link, and on one that is missing too.
    """
    records, keys = [record], {record.key}
    while is_merged(records[-1].body):
        ref = merged_into(records[-1].body)
        key = None if ref is None else str(ref.get("id"))
        if key in keys:
            return MergeChain(records=tuple(records), circular=True)
        parent = None if key is None else builder.find(INCIDENT, key)
        if parent is None:
            return MergeChain(records=tuple(records), lost_in=ref)
        records.append(parent)
        keys.add(parent.key)
    return MergeChain(records=tuple(records))
