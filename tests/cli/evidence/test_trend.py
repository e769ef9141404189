"""``ccm trend``: figures of checks as they were found, which nothing takes away."""

from __future__ import annotations

import csv
import io

import pytest

from ccm_core.cli.terminal.exit_codes import Exit


def test_the_trend_is_that_of_kept_evaluations(ccm, evaluated, validators):
    """With every rule that the last evaluation of the day states."""
    found = ccm("trend", "--output", "json").json
    assert validators("trend.v1").problems(found) == []
    by_rule = {check["rule"]: check for check in found["checks"]}
    assert by_rule.keys() == {rule["rule"] for rule in evaluated["rules"]}
    for rule in evaluated["rules"]:
        figure, numbers = by_rule[rule["rule"]]["days"][-1], rule["population"]
        assert figure["status"] == rule["status"]
        assert figure["population"] == numbers["total"]
        assert figure["applicable"] == numbers["total"] - numbers["not_applicable"]
        assert (figure["passed"], figure["failed"]) == (numbers["passed"], numbers["failed"])
        assert figure["made_late"] is False


def test_erasing_evidence_takes_nothing_of_the_trend(ccm, evaluated):
    """Retention deletes bodies of records, and no evaluation."""
    before = ccm("trend", "--output", "json").json
    assert before["checks"]
    erased = ccm(
        "erase", "--connection", "pagerduty-test", "--kind", "pagerduty.incident",
        "--older-than", "0d", "--reason", "retention has ended", "--yes",
    )  # fmt: skip
    assert erased.code == 0, erased.err
    assert ccm("trend", "--output", "json").json["checks"] == before["checks"]


def test_tables_have_the_same_figures(ccm, evaluated):
    """For spreadsheets, by day and by quarter; the lines for people as well."""
    found = ccm("trend", "--output", "json").json
    rows = list(csv.DictReader(io.StringIO(ccm("trend", "--output", "csv").out.lstrip("\ufeff"))))
    assert [(row["rule"], row["failed"]) for row in rows] == [
        (check["rule"], str(day["failed"])) for check in found["checks"] for day in check["days"]
    ]
    text = ccm("trend", "--quarters", "--output", "csv").out.lstrip("\ufeff")
    quarters = list(csv.DictReader(io.StringIO(text)))
    assert len(quarters) == sum(len(check["quarters"]) for check in found["checks"])
    for options in ((), ("--quarters",)):
        shown = ccm("trend", *options)
        assert shown.code == 0
        assert all(len(line) <= 80 for line in shown.out.splitlines())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--period", "2026-13"), "--period: "),
        (("--period", "2999"), "has not begun"),
        (("--rule", "no_such_rule"), "no evaluation of this time has it"),
        (("--output", "xml"), "'xml' is not one of"),
    ],
)
def test_bad_input_is_refused(ccm, evaluated, arguments, expected):
    """With what was expected."""
    ran = ccm("trend", *arguments)
    assert ran.code == Exit.USAGE
    assert expected in ran.err


def test_one_check_and_a_time_without_evaluations(ccm, evaluated):
    """A wildcard selects; a time in which nothing was evaluated says so."""
    rule = evaluated["rules"][0]["rule"]
    one = ccm("trend", "--rule", f"{rule[:-1]}*", "--output", "json").json["checks"]
    assert rule in {check["rule"] for check in one}
    assert "There is no evaluation in this time." in ccm("trend", "--period", "2001").out
