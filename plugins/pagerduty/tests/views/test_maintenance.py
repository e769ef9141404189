"""Maintenance windows of services, as rows show them."""

from __future__ import annotations

import pytest


def window(key, since, until, *services, by="ann", description="Move"):
    """Make a maintenance window."""
    return {
        "id": key,
        "start_time": since,
        "end_time": until,
        "description": description,
        "services": [{"id": one, "type": "service_reference"} for one in services],
        "created_by": by and {"id": by, "type": "user_reference", "summary": by.title()},
    }


JUNE, JULY, AUGUST = (f"2026-0{month}-01T00:00:00Z" for month in (6, 7, 8))


@pytest.mark.parametrize(
    ("windows", "shown"),
    [
        pytest.param([], [], id="none"),
        pytest.param([window("M1", JUNE, JULY, "S2")], [], id="of another service"),
        pytest.param(
            [window("M2", JULY, AUGUST, "S1", by=None), window("M1", JUNE, JULY, "S2", "S1")],
            [(JUNE, JULY, "Ann"), (JULY, AUGUST, None)],
            id="in order",
        ),
        pytest.param(
            [window("M1", JUNE, None, "S1")],
            [(JUNE, "9999-12-31T23:59:59Z", "Ann")],
            id="without an end",
        ),
        pytest.param([window("M1", JULY, JUNE, "S1")], [], id="ends before it begins"),
        pytest.param(
            [window("M1", JUNE, JULY, "S1", "S1")], [(JUNE, JULY, "Ann")], id="named twice"
        ),
    ],
)
def test_a_service_shows_its_maintenance_windows(only, pd, windows, shown):
    """Past and ahead, with who made them."""
    row = only("service_readiness", service=[pd.service("S1")], maintenance_window=windows)
    found = [(one["since"], one["until"], one["by"]) for one in row["maintenance"]]
    assert found == shown
