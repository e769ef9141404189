"""``ccm measures``: MTTA and MTTR by month, as the page of the report shows them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import pytest
import yaml
from cli_settings import SETTINGS, SMALL
from pagerduty_simulator import PagerDutySimulator, build_account

NAMES = {"title", "number", "median", "p90", "p95", "mean", "slowest", "within", "never", "change"}
INCIDENTS = "pagerduty.incident_response"
HIGH = "High urgency: time to acknowledge (MTTA)"


def test_measures_are_those_of_the_page(ccm, evaluated):
    """The same months with the same statistics, as a table, as JSON and in the report."""
    measured = ccm("measures", "--json")
    assert measured.code == 0
    measure = next(one for one in measured.json if one["title"] == HIGH)
    assert (measure["by"], measure["event"], measure["limit"]) == ("Month", "acknowledged", 900)
    assert all(group.keys() >= NAMES for group in measure["groups"])

    page = unescape(ccm("report", "--format", "html").out)
    (table,) = re.findall(rf"<h3>{re.escape(HIGH)}</h3>.*?</table>", page, re.DOTALL)
    row = r'<th scope="row">([0-9-]{7})[^<]*</th>.*?data-name="Count">(\d+)'
    drawn = re.findall(row, table, re.DOTALL)
    assert {*drawn} == {(one["title"], str(one["number"])) for one in measure["groups"]}

    shown = ccm("measures").out
    for group in measure["groups"]:
        assert re.search(rf"{group['title']}\s+{group['number']}\b", shown)


def test_the_month_that_is_not_over_says_so(ccm, evaluated):
    """And no month of the demonstration is compared with it."""
    for measure in ccm("measures", "--json").json:
        *_, last = measure["groups"]
        assert last["incomplete"]
        assert last["change"] is None


def test_measures_without_an_evaluation_are_refused(ccm, connected):
    """With what to do."""
    refused = ccm("measures")
    assert refused.code == 2
    assert "Run `ccm collect` first" in refused.err


def test_measures_without_an_incident_say_so(ccm, folder, monkeypatch):
    """In a sentence, so that silence is not mistaken for a fault; as JSON there is none."""
    sizes = replace(SMALL, incidents=0)
    with PagerDutySimulator(build_account(datetime.now(UTC), sizes=sizes)) as account:
        (folder / "ccm.yaml").write_text(SETTINGS.format(url=account.base_url))
        monkeypatch.setenv("PD_KEY", account.api_key)
        at = ccm("run", "--json").json["evaluation"]["evaluated_at"]

    measured = ccm("measures")
    assert measured.code == 0
    assert measured.out == f"no incident to measure in the evidence of the evaluation of {at}\n"
    measured = ccm("measures", "--json")
    assert (measured.code, measured.json) == (0, [])


def test_measures_of_incidents_that_were_not_collected_say_why(ccm, connected):
    """Else a denial would read like a quiet month."""
    connected.control.deny("/incidents")
    ccm("run")

    measured = ccm("measures")
    sentence, *problems = measured.out.splitlines()
    assert sentence.startswith("no incident to measure in the evidence of the evaluation of ")
    assert any(
        problem.startswith("not sufficient: pagerduty-test: pagerduty.incident ")
        for problem in problems
    )


def measured_number(ccm, *options):
    """Return how many incidents of high urgency have a time to acknowledge, or have none."""
    measures = ccm("measures", "--json", *options).json
    groups = (group for one in measures if one["title"] == HIGH for group in one["groups"])
    return sum(group["number"] + group["never"] + group["unknown"] for group in groups)


@pytest.mark.parametrize(
    "parameter",
    [{"drill": "row.service.id == '{}'"}, {"scope": "row.service.id != '{}'"}],
    ids=["drills", "the scope"],
)
def test_measures_leave_out_what_a_parameter_leaves_out(ccm, folder, evaluated, parameter):
    """The incidents of one service, of which no field is kept for the figures."""
    rows = [json.loads(line) for line in ccm("views", "show", INCIDENTS).out.splitlines()]
    counted = [
        row["body"]
        for row in rows
        if row["body"]["is_primary"]
        and row["body"]["response_urgency"] == "high"
        and (not row["body"]["self_resolved"] or row["body"]["time_to_acknowledge"] is not None)
    ]
    service = counted[0]["service"]["id"]
    of_service = sum(body["service"]["id"] == service for body in counted)
    before = measured_number(ccm)
    settings = yaml.safe_load((folder / "ccm.yaml").read_text())
    ((name, text),) = parameter.items()
    settings["rules"]["parameters"] = {name: text.format(service)}
    (folder / "ccm.yaml").write_text(json.dumps(settings))
    changed_at = ccm("evaluate", "--json").json["evaluated_at"]
    assert measured_number(ccm) == before - of_service
    del settings["rules"]["parameters"]
    (folder / "ccm.yaml").write_text(json.dumps(settings))
    ccm("evaluate")
    assert measured_number(ccm) == before
    assert measured_number(ccm, "--as-of", changed_at) == before - of_service
