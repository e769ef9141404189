"""A clock that goes back between two runs: what was stored before is still evaluated."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

pytestmark = pytest.mark.no_cover  # its lines are covered by others

AHEAD = timedelta(minutes=25)


def verdicts(evaluated):
    """Return the status of each subject of each rule."""
    return {
        (rule["rule"], result["subject"]["kind"], result["subject"]["key"]): result["status"]
        for rule in evaluated.json["rules"]
        for result in rule["results"]
    }


@pytest.mark.attack(
    "Clocks",
    "The source's clock is 25 minutes ahead in one run and right again in the next",
    "The next evaluation still finds every failure: none becomes not applicable",
)
def test_a_clock_of_the_source_that_goes_back_hides_no_failure(ccm, connected):
    """What is stored already is not stored again, so the moment must not lie before it."""
    connected.control.clock_skew = AHEAD
    first = ccm("run")
    before = verdicts(ccm("evaluate", "--json"))
    assert "fail" in before.values()

    connected.control.clock_skew = timedelta(0)
    second = ccm("run")
    after = verdicts(ccm("evaluate", "--json"))
    assert second.code == first.code == 1
    assert {k: v for k, v in before.items() if after.get(k) != v} == {}


@pytest.mark.attack(
    "Clocks",
    "One endpoint tells a time that is hours off, all others the right one",
    "Check and collect go by the first response, agree, and both name the difference",
)
def test_one_endpoint_with_another_time_is_reported_and_not_believed(ccm, connected):
    """What check says of the clock is what collect does."""
    hours_late = format_datetime(datetime.now(UTC) - timedelta(hours=5, minutes=32), usegmt=True)

    def old_answer(request, respond):
        response = respond(request)
        return replace(response, headers={**response.headers, "date": hours_late})

    for template in ("/schedules", "/v3/schedules"):
        connected.control.inject(template, old_answer)
    collected = ccm("collect")
    (manifest,) = ccm("runs", "list", "--json").json
    difference = "a response of the source differs by 5h32m from the first"
    assert (collected.code, difference in collected.err) == (0, True)
    assert abs(manifest["clock_skew"]) < 5
    assert manifest["clock_disagreement"] == pytest.approx(5.53 * 3600, abs=60)

    checked = ccm("check", "--json").json["connections"][0]["diagnoses"]
    (clock,) = (line for line in checked if line["subject"] == "clock")
    assert (clock["ok"], "in sync" in clock["message"]) == (True, True)
    assert difference in clock["message"]
