"""More than can be listed is read in parts, and what is missing is counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.sdk.types import Reason


def test_too_many_on_calls_are_read_in_halves(account):
    """A period with more than can be listed is halved until its parts can be."""

    def oncalls(request):
        since, until = request.url.params["since"], request.url.params["until"]
        whole = (since, until) == ("2026-11-23T00:00:00Z", "2026-12-08T00:00:00Z")
        item = {"since": since, "until": until}
        return {"oncalls": [item], "more": whole, "total": 10_001 if whole else 1}

    events = account("on_call", {"/oncalls": oncalls})
    assert events.overflows == []
    assert events.shortfalls == []
    assert events.items == [
        {"since": "2026-11-23T00:00:00Z", "until": "2026-11-30T12:00:00Z"},
        {"since": "2026-11-30T12:00:00Z", "until": "2026-12-08T00:00:00Z"},
    ]


SERVICES = [{"id": "PA"}, {"id": "PB"}, {"id": "PC"}]


@pytest.mark.parametrize(
    ("part", "services", "parts"),
    [
        pytest.param(
            {}, SERVICES, [{"services": "PA,PC"}, {"services": "PB"}], id="services, dealt out"
        ),
        pytest.param(
            {"services": "PA,PC"}, SERVICES, [{"services": "PA"}, {"services": "PC"}], id="fewer"
        ),
        pytest.param(
            {"services": "PA"},
            SERVICES,
            [{"services": "PA", "urgency": "high"}, {"services": "PA", "urgency": "low"}],
            id="urgency",
        ),
        pytest.param({}, [], [{"urgency": "high"}, {"urgency": "low"}], id="no service is known"),
        pytest.param(
            {"urgency": "low"},
            [],
            [
                {"urgency": "low", "status": event}
                for event in ("triggered", "acknowledged", "resolved")
            ],
            id="status",
        ),
    ],
)
def test_incidents_of_one_second_are_offered_in_parts(account, pagerduty, part, services, parts):
    """By service first, then by urgency, then by status."""
    at = {"created_at": "2026-11-23T11:00:00Z"}
    events = account(
        "incident",
        {"/incidents": lambda request: full(request, 10_001, at)},
        ask=pagerduty.ask_for(slice=part, current_records={"pagerduty.service": services}),
    )
    (overflow,) = events.overflows
    assert (overflow.total, list(overflow.slices), events.pages) == (10_001, parts, [])


def test_window_that_cannot_be_split_is_read_up_to_the_cap(account, pagerduty):
    """The exact number that is missing is told."""
    at = {"created_at": "2026-11-23T11:00:00Z"}
    events = account(
        "incident",
        {"/incidents": lambda request: full(request, 10_023, at)},
        ask=pagerduty.ask_for(slice={"services": "PA", "urgency": "low", "status": "resolved"}),
    )
    assert len(events.items) == 10_000
    assert [(event.reason, event.missing) for event in events.shortfalls] == [
        (Reason.TRUNCATED, 23)
    ]
    assert set(events.asked[0][1]) >= {
        ("service_ids[]", "PA"),
        ("urgencies[]", "low"),
        ("statuses[]", "resolved"),
    }


def test_window_beyond_the_cap_is_read_up_to_it_and_resumed(account, pagerduty):
    """Everything before the last second that was listed is there."""
    events = account(
        "incident",
        {"/incidents": lambda request: full(request, 10_400, {})},
        ask=pagerduty.ask_for(may_split=True),
    )
    assert len(events.items) == 10_000
    assert [event.at for event in events.reached] == [pagerduty.now - timedelta(seconds=1)]
    assert len(events.asked) == 101


def full(request, total, fields):
    """Answer a page of so many incidents of the hour, oldest first, or all with the same fields."""
    offset, limit = (int(request.url.params[name]) for name in ("offset", "limit"))
    second = timedelta(hours=1) / 10_000
    since = datetime(2026, 11, 23, 11, tzinfo=UTC)
    items = [
        {"id": f"P{n}", "created_at": (since + n * second).isoformat(), **fields}
        for n in range(offset, min(total, offset + limit))
    ]
    more = offset + limit < total
    return {"incidents": items, "offset": offset, "total": total, "more": more}
