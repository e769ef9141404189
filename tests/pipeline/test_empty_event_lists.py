"""A list of log entries that is empty beside incidents is told as a collection problem."""

from __future__ import annotations

from datetime import timedelta

from ccm_core.model.evidence.collection import Outcome, Reason

LOG_ENTRY = "pagerduty.incident_log_entry"
EMPTY = {"log_entries": [], "limit": 100, "offset": 0, "total": 0, "more": False}


def test_log_entries_that_are_empty_beside_incidents_are_contradicted(simulated):
    """The second run reads them again; a third leaves them until they are due."""
    simulated.control.deny("/log_entries", 200, EMPTY)
    simulated.add([simulated.now - timedelta(hours=hours) for hours in (30, 20, 10)])
    first, second, third = (
        simulated.collect(simulated.now + timedelta(minutes=minutes)) for minutes in (0, 2, 4)
    )

    (fall,) = {
        fall
        for collection in first.collections
        if collection.kind == LOG_ENTRY and collection.outcome is Outcome.PARTIAL
        for fall in collection.shortfalls
    }
    assert (fall.reason, fall.missing) == (Reason.CONTRADICTED, 3)
    assert "listed 0 events" in fall.detail
    assert LOG_ENTRY in {collection.kind for collection in second.collections}
    assert LOG_ENTRY not in {collection.kind for collection in third.collections}
