"""What each collector makes of the answers."""

from __future__ import annotations

import httpx  # noqa: TID253 - answers of a scripted account
import pytest

from ccm_core.sdk.types import Reason

LAYERED = {"id": "PL", "form": "layers", "name": "Layered", "html_url": "https://x/PL"}
SHIFTED = {"id": "PS", "form": "shifts", "summary": "Shifted"}


def test_null_instead_of_an_object_is_passed_on(account):
    """A permanent on-call has no schedule, no start and no end."""
    forever = {
        "escalation_policy": {"id": "PE"},
        "escalation_level": 1,
        "user": {"id": "PU"},
        "schedule": None,
        "start": None,
        "end": None,
    }
    assert account("on_call", {"/oncalls": {"oncalls": [forever]}}).items == [forever]


def test_schedules_of_both_worlds_become_one_kind(account):
    """Layer-based ones come as listed, shift-based ones with their details, each with its form."""
    events = account(
        "schedule",
        {
            "/schedules": {"schedules": [{"id": "PL", "schedule_layers": []}]},
            "/v3/schedules": {"schedules": [{"id": "PS", "summary": "Shifted"}], "total": None},
            "/v3/schedules/PS": httpx.Response(
                200, json={"schedule": {"id": "PS", "name": "Shifted", "rotations": []}}
            ),
        },
    )
    assert events.items == [
        {"id": "PL", "schedule_layers": [], "form": "layers"},
        {"id": "PS", "summary": "Shifted", "name": "Shifted", "rotations": [], "form": "shifts"},
    ]
    assert events.shortfalls == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param("no right", Reason.DENIED, id="403"),
        pytest.param("gone", Reason.NOT_AVAILABLE, id="404"),
        pytest.param("no plan", Reason.NOT_AVAILABLE, id="402"),
    ],
)
def test_a_closed_world_of_schedules_never_looks_empty(account, answer, reason):
    """Layer-based schedules are kept, and it is said that the others were not seen."""
    events = account(
        "schedule", {"/schedules": {"schedules": [{"id": "PL"}]}, "/v3/schedules": answer}
    )
    assert [item["id"] for item in events.items] == ["PL"]
    assert [shortfall.reason for shortfall in events.shortfalls] == [reason]
    assert "shift-based schedules cannot be listed" in events.shortfalls[0].detail


def final(path, **schedule):
    """Answer the final schedule of one schedule."""
    return {path: httpx.Response(200, json={"schedule": {"id": "P", **schedule}})}


ALICE = {"id": "PA", "type": "user_reference", "summary": "Alice"}


@pytest.mark.parametrize(
    ("schedule", "answers", "expected"),
    [
        pytest.param(
            LAYERED,
            final(
                "/schedules/PL",
                final_schedule={
                    "rendered_coverage_percentage": 50.0,
                    "rendered_schedule_entries": [
                        {"id": "Q", "start": "A", "end": "B", "user": ALICE},
                        {"start": "C", "end": None, "user": None},
                    ],
                },
            ),
            (
                50.0,
                [
                    {"start": "A", "end": "B", "user": ALICE},
                    {"start": "C", "end": "2026-12-08T00:00:00Z", "user": None},
                ],
            ),
            id="layers",
        ),
        pytest.param(
            LAYERED,
            final(
                "/schedules/PL",
                final_schedule={
                    "rendered_coverage_percentage": None,
                    "rendered_schedule_entries": [],
                },
            ),
            (None, []),
            id="not rendered",
        ),
        pytest.param(LAYERED, final("/schedules/PL"), (None, []), id="no final schedule"),
        pytest.param(
            SHIFTED,
            final(
                "/v3/schedules/PS",
                final_schedule={
                    "rendered_coverage_percentage": 90,
                    "computed_shift_assignments": [
                        {
                            "start_time": "A",
                            "end_time": "B",
                            "member": {"type": "user_member", "user_id": "PA"},
                        },
                        {"start_time": "B", "end_time": "C", "member": {"type": "empty_member"}},
                    ],
                },
            ),
            (
                90,
                [
                    {
                        "start": "A",
                        "end": "B",
                        "user": {
                            "id": "PA",
                            "type": "user_reference",
                            "summary": None,
                            "html_url": None,
                        },
                    },
                    {"start": "B", "end": "C", "user": None},
                ],
            ),
            id="shifts, an empty member is nobody",
        ),
    ],
)
def test_final_schedules_of_both_worlds_have_one_form(account, schedule, answers, expected):
    """Entries, the percentage and the period that was asked for."""
    events = account(
        "schedule_rendering", answers, current_records={"pagerduty.schedule": [schedule]}
    )
    (body,) = events.items
    assert (body["rendered_coverage_percentage"], body["entries"]) == expected
    assert body["form"] == schedule["form"]
    assert body["schedule"]["id"] == schedule["id"]
    assert (body["since"], body["until"]) == ("2026-10-24T00:00:00Z", "2026-12-08T00:00:00Z")
    assert dict(events.asked[0][1]) == {
        "since": body["since"],
        "until": body["until"],
        "time_zone": "UTC",
        "include[]": "final_schedule",
    }


def test_members_carry_their_team(account):
    """A member as received, with a reference to the team it was listed under."""
    events = account(
        "team_member",
        {"/teams/PT/members": {"members": [{"user": ALICE, "role": "manager"}]}},
        current_records={"pagerduty.team": [{"id": "PT", "name": "Core"}]},
    )
    (body,) = events.items
    assert body["team"]["summary"] == "Core"
    assert (body["user"], body["role"]) == (ALICE, "manager")
