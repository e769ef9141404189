"""Incidents in bulk: accounts of a size that breaks clients."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pagerduty_simulator import AccountSizes, build_account, many_incidents

EMPTY = AccountSizes(services=6, policies=3, schedules=3, users=20, teams=2, incidents=0)


@pytest.fixture
def account(now):
    """An account without incidents."""
    return build_account(now, sizes=EMPTY)


def test_twelve_thousand_incidents_in_one_second(get, account, now):
    """No window is small enough; only other filters are."""
    many_incidents(account, 12_000, at=now - timedelta(hours=1))
    second = {"since": "2026-11-20T11:00:00Z", "until": "2026-11-20T11:00:01Z", "total": "true"}
    assert get("/incidents", second).json()["total"] == 12_000
    assert get("/incidents", second | {"urgencies[]": "high"}).json()["total"] == 9_000
    service = next(iter(account.services))
    assert get("/incidents", second | {"service_ids[]": service}).json()["total"] == 2_000


def test_incidents_of_a_busy_day(get, account, now):
    """17,495 incidents in a day, spread evenly; its halves add up."""
    many_incidents(account, 17_495, spread=(now - timedelta(days=1), now))
    halves = [
        {"since": f"2026-11-{since}:00:00Z", "until": f"2026-11-{until}:00:00Z", "total": "true"}
        for since, until in (("19T12", "20T00"), ("20T00", "20T12"))
    ]
    totals = [get("/incidents", half).json()["total"] for half in halves]
    assert sum(totals) == 17_495
    assert max(totals) < 10_000


def test_a_large_account_is_still_paged(get, account, now):
    """60,000 incidents and their 300,000 log entries; pages at both ends are right."""
    many_incidents(account, 60_000, spread=(now - timedelta(days=30), now))
    window = {"since": "2026-10-21T12:00:00Z", "until": "2026-11-20T12:00:00Z", "limit": "100"}
    first = get("/incidents", window | {"total": "true"}).json()
    last = get("/incidents", window | {"offset": "9900"}).json()
    assert first["total"] == 60_000
    assert first["incidents"][0]["incident_number"] == 1
    assert last["incidents"][-1]["incident_number"] == 10_000
    entries = get("/log_entries", {"limit": "1", "total": "true"}).json()
    assert entries["total"] == 300_000


def test_bulk_incidents_need_a_second_or_a_window(account, now):
    """Both or neither is an error."""
    with pytest.raises(ValueError, match="either at= or spread="):
        many_incidents(account, 1)
    with pytest.raises(ValueError, match="either at= or spread="):
        many_incidents(account, 1, at=now, spread=(now, now))
