"""What a period proves, from the command line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest


def today():
    """Give the period of today."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


def test_assurance_lists_controls_and_kinds(ccm, connected, validators):
    """With a gap from its beginning to the first run: exit code 3, and a document as described."""
    ccm("run")
    ran = ccm("assurance", "--period", today(), "--json")
    assert ran.code == 3
    assert validators("assurance.v1").problems(ran.json) == []
    assert {one["conclusion"] for one in ran.json["controls"]} == {"evidence_incomplete"}
    assert not ran.json["ended"]

    one = ccm("assurance", "--period", today(), "--control", "soc2:CC7.4", "--json").json
    assert [each["id"] for each in one["controls"]] == ["CC7.4"]
    assert one["kinds"] == []
    kind = ccm("assurance", "--period", today(), "--kind", "pagerduty.team", "--json").json
    assert [each["kind"] for each in kind["kinds"]] == ["pagerduty.team"]
    assert kind["controls"] == []
    output = ccm("assurance", "--period", today()).out
    assert "soc2:CC7.4: evidence incomplete for the period" in output
    assert "it had not been collected yet" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--period", "2026-Q5"], "write it like 2026", id="no period"),
        pytest.param(["--period", "2999"], "has not begun", id="the future"),
        pytest.param(["--period", "2026", "--control", "CC7.4"], "soc2:CC7.4", id="no framework"),
        pytest.param(["--period", "2026", "--control", "soc2:X"], "soc2:CC7.4", id="no control"),
        pytest.param(["--period", "2026", "--kind", "x.y"], "pagerduty.team", id="no kind"),
        pytest.param(
            ["--period", "2026", "--connection", "x"], "pagerduty-test", id="no connection"
        ),
    ],
)
def test_unknown_assurance_arguments_are_refused_with_the_known_ones(
    ccm, connected, arguments, message
):
    """One line, exit code 2."""
    ccm("collect")
    ran = ccm("assurance", *arguments)
    assert (ran.code, message in ran.err, ran.out) == (2, True, "")
