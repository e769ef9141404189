"""A clock that goes back between two runs: what was stored before is still evaluated."""

from __future__ import annotations

from datetime import timedelta

import pytest

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
