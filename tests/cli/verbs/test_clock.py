"""A machine whose clock is off, as a person sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest


def set_machine(simulator, **ahead: float) -> None:
    """Let this machine's clock be ahead of the source's by some time."""
    simulator.control.clock_skew = -timedelta(**ahead)


@pytest.mark.attack(
    "Clocks",
    "`ccm run` and `ccm check` on a machine that is two days ahead",
    "Exit 2, nothing is stored and nothing evaluated; check says that collecting is refused",
)
def test_a_clock_two_days_ahead_ends_a_run_with_exit_2(ccm, connected):
    """One message, with the next step."""
    set_machine(connected, days=2)
    ran = ccm("run")
    assert ran.code == 2
    assert "2d ahead of the source's" in ran.err
    assert "Traceback" not in ran.err
    assert ccm("runs", "list", "--json").json == []

    checked = ccm("check", "--json")
    lines = {one["subject"]: one for one in checked.json["connections"][0]["diagnoses"]}
    assert (checked.code, lines["clock"]["ok"], lines["clock"]["cause"]) == (3, False, "clock_skew")
    assert "collecting is refused" in lines["clock"]["message"]


@pytest.mark.parametrize("verb", ["run", "collect"])
def test_a_clock_five_minutes_behind_is_reported_after_the_run(ccm, connected, verb):
    """The run counts, its evaluation is of the source's time, and the offset is told."""
    set_machine(connected, minutes=-5)
    ran = ccm(verb)
    assert ran.code in {0, 1}
    assert "behind the source's; evidence is dated by the source's" in ran.err
    (manifest,) = ccm("runs", "list", "--json").json
    assert manifest["clock_skew"] == pytest.approx(-300, abs=5)


def test_a_clock_that_is_right_is_not_mentioned(ccm, connected):
    """No noise."""
    assert "clock" not in ccm("collect").err
