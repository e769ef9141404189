"""Primary incidents: those that are evaluated by themselves, be they merged or not.

A merged incident is evaluated through the last one of its chain where that one was as urgent no
later and its time counts in no fewer hours: then it cannot be in time while this one is late, and
one late response is not counted fifty times. What an incident waited before the merge is its own
all the same: rows have it as ``sla_time_alone`` and ``sla_time_to_merge``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.views.incidents.response import response
from ccm_pagerduty.views.incidents.service_hours import CountedHours
from ccm_pagerduty.views.incidents.urgency_line import highest_urgency

if TYPE_CHECKING:
    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.incidents.incident_timeline import IncidentTimeline
    from ccm_pagerduty.views.incidents.merged_incidents import MergeChain
    from ccm_pagerduty.views.incidents.response import Response
    from ccm_pagerduty.views.incidents.service_hours import ServiceHours
    from ccm_pagerduty.views.incidents.urgency_line import Highest

_RANK = {"low": 0, "high": 1}


def is_primary(
    chain: MergeChain,
    own: Response | None,
    last: IncidentTimeline,
    hours_of_last: ServiceHours | None,
) -> bool | None:
    """Return whether the first of a chain is evaluated by itself; None where that is unknown.

    Where the last one is not in the evidence, nothing else is evaluated in its place.

    Args:
        chain: The incident and those that it was merged into.
        own: The response to it; None: unknown.
        last: The timeline of the last one.
        hours_of_last: The hours of the service of the last one; None: unknown.
    """
    if len(chain.records) == 1 or not chain.complete:
        return True
    of_last = response((last,), hours_of_last, lost=False)
    if own is None or of_last is None:
        return _by_records(chain.records[0].body, chain.records[-1].body)
    waited, waited_for = _wait(own), _wait(of_last)
    if waited is None or waited_for is None:
        return None
    as_urgent = _RANK[str(waited_for.value)] >= _RANK[str(waited.value)]
    stricter = of_last.hours_of(waited_for) in (own.hours_of(waited), CountedHours())
    return not (as_urgent and stricter and waited_for.since <= waited.since)


def _wait(response: Response) -> Highest | None:
    return None if response.line is None else highest_urgency(response.line, response.stop)


def _by_records(own: JsonObject, last: JsonObject) -> bool | None:
    """Return it where a log is missing, by what the incidents are now."""
    if own.get("urgency") not in _RANK or last.get("urgency") not in _RANK:
        return None
    later = parse_instant(last["created_at"]) > parse_instant(own["created_at"])
    return later or _RANK[last["urgency"]] < _RANK[own["urgency"]]
