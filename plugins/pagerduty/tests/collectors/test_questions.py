"""What each collector asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ccm_core.sdk.types import Window


@pytest.mark.parametrize(
    ("noun", "answers", "expected_query"),
    [
        pytest.param(
            "service",
            {"/services": {"services": []}},
            [("/services", [("time_zone", "UTC")])],
            id="services",
        ),
        pytest.param(
            "escalation_policy",
            {"/escalation_policies": {"escalation_policies": []}},
            [("/escalation_policies", [])],
            id="policies",
        ),
        pytest.param(
            "user",
            {"/users": {"users": []}},
            [("/users", [("include[]", "contact_methods"), ("include[]", "notification_rules")])],
            id="users",
        ),
        pytest.param("team", {"/teams": {"teams": []}}, [("/teams", [])], id="teams"),
        pytest.param(
            "schedule",
            {"/schedules": {"schedules": []}, "/v3/schedules": {"schedules": []}},
            [
                ("/schedules", [("include[]", "schedule_layers"), ("time_zone", "UTC")]),
                ("/v3/schedules", []),
            ],
            id="schedules of both worlds",
        ),
        pytest.param(
            "on_call",
            {"/oncalls": {"oncalls": []}},
            [
                (
                    "/oncalls",
                    [
                        ("since", "2026-11-23T00:00:00Z"),
                        ("until", "2026-12-08T00:00:00Z"),
                        ("time_zone", "UTC"),
                    ],
                )
            ],
            id="on-calls from today on",
        ),
        pytest.param(
            "incident",
            {"/incidents": {"incidents": []}},
            [
                (
                    "/incidents",
                    [
                        ("since", "2026-11-23T11:00:00Z"),
                        ("until", "2026-11-23T12:00:00Z"),
                        ("time_zone", "UTC"),
                        ("sort_by", "created_at:asc"),
                    ],
                )
            ],
            id="incidents, oldest first",
        ),
        pytest.param(
            "incident_log_entry",
            {"/log_entries": {"log_entries": []}},
            [
                (
                    "/log_entries",
                    [
                        ("since", "2026-11-23T11:00:00Z"),
                        ("until", "2026-11-23T12:00:00Z"),
                        ("time_zone", "UTC"),
                    ],
                )
            ],
            id="log entries without their channels",
        ),
    ],
)
def test_a_listing_is_asked_with_offsets_and_in_utc(account, noun, answers, expected_query):
    """Both ends of a period are given, and nothing is left to an account's own zone."""
    assert account(noun, answers).asked == expected_query


def test_a_window_between_seconds_is_asked_outward(account, pagerduty):
    """What happened in a window is in the question, whatever the source makes of fractions."""
    window = Window(
        pagerduty.now - timedelta(microseconds=1_500_000), pagerduty.now - timedelta(microseconds=1)
    )
    events = account(
        "incident", {"/incidents": {"incidents": []}}, ask=pagerduty.ask_for(window=window)
    )
    assert events.asked[0][1][:2] == [
        ("since", "2026-11-23T11:59:58Z"),
        ("until", "2026-11-23T12:00:00Z"),
    ]


def test_on_calls_are_asked_for_ninety_days_at_most(account, pagerduty):
    """A longer lookahead does not make the API refuse."""
    horizon = Window(pagerduty.now, pagerduty.now + timedelta(days=200))
    events = account(
        "on_call", {"/oncalls": {"oncalls": []}}, ask=pagerduty.ask_for(horizon=horizon)
    )
    assert events.asked[0][1][1] == ("until", "2027-02-21T00:00:00Z")


@pytest.mark.parametrize("noun", ["on_call", "schedule_rendering"])
@pytest.mark.parametrize(
    ("hour", "same"),
    [
        pytest.param(0, True, id="when the day begins"),
        pytest.param(23, True, id="in its last hour"),
        pytest.param(24, False, id="on the next day"),
    ],
)
def test_a_day_is_asked_about_in_the_same_words_at_every_hour(account, pagerduty, noun, hour, same):
    """An answer changes with the schedule, not with the hour at which it was asked for."""
    day = pagerduty.now.replace(hour=0)

    def asked(now):
        horizon = Window(now - timedelta(days=30), now + timedelta(days=14))
        schedule = {"id": "D1", "summary": "Primary", "form": "layers"}
        ask = replace(
            pagerduty.ask_for(horizon=horizon, current_records={"pagerduty.schedule": [schedule]}),
            now=now,
        )
        answers = {
            "/oncalls": {"oncalls": []},
            "/schedules/D1": {"schedule": {"final_schedule": {}}},
        }
        return account(noun, answers, ask=ask).asked

    assert (
        asked(day + timedelta(hours=1)) == asked(day + timedelta(hours=hour, minutes=1))
    ) is same
