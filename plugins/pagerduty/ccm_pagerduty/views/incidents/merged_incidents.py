"""Who answers for an incident: itself, or the one into which it was merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.views.row_builder import INCIDENT

if TYPE_CHECKING:
    from ccm_core.sdk.types import JsonObject, Record
    from ccm_pagerduty.views.row_builder import RecordIndex

_URGENT = {"low": 0, "high": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeChain:
    """An incident, and those into which it was merged one after the other."""

    records: tuple[Record, ...]
    """The incident itself first."""
    whole_seconds: bool
    """Whether the evidence has the last of them, which was merged into none."""

    @property
    def is_primary(self) -> bool | None:
        """Tell whether no other incident stands for it; None where the evidence does not tell.

        The last of the line stands for it where that one began no later and is no less urgent:
        then it cannot be in time while this one is late.
        """
        if not self.whole_seconds:
            return None
        own, last = self.records[0].body, self.records[-1].body
        if own is last:
            return True
        if own.get("urgency") not in _URGENT or last.get("urgency") not in _URGENT:
            return None
        later = parse_instant(last["created_at"]) > parse_instant(own["created_at"])
        return later or _URGENT[last["urgency"]] < _URGENT[own["urgency"]]


def merged_into(incident: JsonObject) -> JsonObject | None:
    """Give the reference to the incident it was merged into, where PagerDuty says so."""
    reason = incident.get("resolve_reason")
    return reason.get("incident") if is_merged(incident) and reason is not None else None


def is_merged(incident: JsonObject) -> bool:
    """Tell whether it was resolved by being merged."""
    return (incident.get("resolve_reason") or {}).get("type") == "merge_resolve_reason"


def merge_chain(record: Record, library: RecordIndex) -> MergeChain:
    """Follow an incident to the one that answers for it. A circle of merges leads to none."""
    found, seen = [record], {record.key}
    while is_merged(found[-1].body):
        ref = merged_into(found[-1].body)
        into = None if ref is None else library.find(INCIDENT, str(ref.get("id")))
        if into is None or into.key in seen:
            return MergeChain(records=tuple(found), whole_seconds=False)
        found.append(into)
        seen.add(into.key)
    return MergeChain(records=tuple(found), whole_seconds=True)
