"""Overrides of schedules: one record for each schedule, whatever its form."""

from __future__ import annotations

import httpx  # noqa: TID253 - answers of a scripted account
import pytest

from ccm_core.sdk.errors import NotAvailable, PermissionDenied

LAYERED = {"id": "PL", "name": "Primary", "form": "layers"}
SHIFTED = {"id": "PS", "name": "Follow", "form": "shifts"}
SCHEDULES = {"pagerduty.schedule": [LAYERED, SHIFTED]}
OVERRIDE = {
    "id": "O1",
    "start": "2026-11-20T00:00:00Z",
    "end": "2026-11-21T00:00:00Z",
    "user": {"id": "PA", "type": "user_reference"},
}
REPLACED = {
    "id": "O2",
    "type": "override_shift",
    "start_time": "2026-11-20T00:00:00Z",
    "end_time": "2026-11-21T00:00:00Z",
    "overridden_member": {"type": "user_member", "user_id": "PB"},
    "overriding_member": {"type": "user_member", "user_id": "PA"},
}


def overrides_answer(*overrides):
    """Answer the overrides of a layer-based schedule."""
    return httpx.Response(200, json={"overrides": list(overrides)})


def test_overrides_of_both_forms_are_read_alike_and_whole(account, validators_of):
    """One record for each schedule, also where nobody is replaced; a window is always sent."""
    answers = {
        "/schedules/PL/overrides": overrides_answer(OVERRIDE),
        "/v3/schedules/PS/overrides": {"overrides": [REPLACED]},
    }
    events = account("schedule_overrides", answers, current_records=SCHEDULES)
    layered, shifted = events.items
    assert [body["form"] for body in (layered, shifted)] == ["layers", "shifts"]
    for body in (layered, shifted):
        (override,) = body["overrides"]
        assert (override["start"], override["end"]) == (OVERRIDE["start"], OVERRIDE["end"])
        assert override["user"]["id"] == "PA"
        assert validators_of("pagerduty.schedule_overrides").is_valid(body)
    for _, query in events.asked:
        assert {"since", "until", "overflow"} <= {name for name, _ in query}


def test_overrides_are_kept_in_order_of_time(account):
    """The same overrides in another order are the same record."""
    later = {**OVERRIDE, "id": "O0", "start": "2026-11-20T12:00:00Z"}
    layered = {"pagerduty.schedule": [LAYERED]}
    bodies = [
        account(
            "schedule_overrides",
            {"/schedules/PL/overrides": overrides_answer(*overrides)},
            current_records=layered,
        ).items
        for overrides in ((OVERRIDE, later), (later, OVERRIDE))
    ]
    assert bodies[0] == bodies[1]
    assert [override["id"] for override in bodies[0][0]["overrides"]] == ["O1", "O0"]


def test_pages_of_overrides_are_one_record(account):
    """A shift-based schedule lists them by page."""

    def answer(request):
        offset = int(request.url.params["offset"])
        numbers = range(offset, min(offset + 100, 130))
        listed = [REPLACED | {"id": f"O{number:03d}"} for number in numbers]
        body = {"overrides": listed, "limit": 100, "offset": offset, "more": offset + 100 < 130}
        return httpx.Response(200, json=body)

    events = account(
        "schedule_overrides",
        {"/v3/schedules/PS/overrides": answer},
        current_records={"pagerduty.schedule": [SHIFTED]},
    )
    (body,) = events.items
    assert len({override["id"] for override in body["overrides"]}) == 130


@pytest.mark.parametrize("overrides", [None, {}, [None], "none"], ids=repr)
def test_overrides_that_make_no_sense_are_no_record(account, overrides):
    """They are never taken for none."""
    answer = httpx.Response(200, json={"overrides": overrides})
    events = account(
        "schedule_overrides",
        {"/schedules/PL/overrides": answer},
        current_records={"pagerduty.schedule": [LAYERED]},
    )
    assert events.items == []
    assert [fall.subjects for fall in events.shortfalls] == [("pagerduty.schedule:PL",)]


@pytest.mark.parametrize(
    ("answer", "error"), [("no right", PermissionDenied), ("no plan", NotAvailable)]
)
def test_overrides_that_are_refused_for_every_schedule_are_not_available(account, answer, error):
    """Where one can be read, the others are named."""
    answers = {"/schedules/PL/overrides": answer, "/v3/schedules/PS/overrides": answer}
    with pytest.raises(error):
        account("schedule_overrides", answers, current_records=SCHEDULES)


def test_one_schedule_whose_overrides_are_refused_is_named(account):
    """The others are read."""
    answers = {
        "/schedules/PL/overrides": overrides_answer(),
        "/v3/schedules/PS/overrides": "no right",
    }
    events = account("schedule_overrides", answers, current_records=SCHEDULES)
    assert [body["schedule"]["id"] for body in events.items] == ["PL"]
    assert [fall.subjects for fall in events.shortfalls] == [("pagerduty.schedule:PS",)]
