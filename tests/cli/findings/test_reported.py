"""`ccm report`, `ccm findings` and `ccm explain` speak of the same findings."""

from __future__ import annotations

import json

import pytest


def listed(ccm, *options):
    """Return what the list has, by id."""
    document = json.loads(ccm("findings", "list", "--output", "json", *options).out)
    return {entry["id"]: entry for entry in document["findings"]}


def reported(ccm, *options):
    """Return what the report has, by id, and its line of numbers."""
    findings = json.loads(ccm("report", "--format", "json", *options).out)["findings"]
    return {entry["id"]: entry for entry in findings["findings"]}, findings["headline"]


def test_report_and_list_are_equal_field_by_field(ccm, evaluated):
    """And so are the numbers, in the list, the report and the summary."""
    findings, headline = reported(ccm)
    assert findings == listed(ccm)
    assert f"{headline};" in ccm("findings", "list").err
    assert headline in " ".join(ccm("report", "--format", "text").out.split())


def test_what_somebody_did_since_is_in_the_report_now_and_not_as_of_before(ccm, evaluated):
    """The report of the newest evaluation has findings as they are; --as-of has them as of then."""
    moment = evaluated["evaluated_at"]
    name = next(iter(listed(ccm)))
    assert ccm("findings", "acknowledge", name, "--by", "ada").code == 0
    now, _ = reported(ccm)
    then, _ = reported(ccm, "--as-of", moment)
    assert (then[name]["state"], now[name]["state"]) == ("open", "acknowledged")
    assert (now, then) == (listed(ccm), listed(ccm, "--as-of", moment))


def test_what_is_assigned_is_in_the_report_of_whom_it_was_assigned_to(ccm, evaluated):
    """The owner of a finding is who has to act on it, whoever owns the resource."""
    findings = listed(ccm)
    owners = {name: entry["resource"]["owners"] for name, entry in findings.items()}
    other = min(team for teams in owners.values() for team in teams)
    name = next(name for name, teams in owners.items() if other not in teams)
    assert ccm("findings", "assign", name, "--to", other, "--by", "ada").code == 0
    document = json.loads(ccm("report", "--format", "json", "--owner", other).out)
    results = [one for rule in document["evaluation"]["rules"] for one in rule["results"]]
    assert name in {one.get("finding") for one in results}
    assert name in {entry["id"] for entry in document["findings"]["findings"]}


@pytest.mark.parametrize("by", ["finding", "result"])
def test_a_result_is_explained_with_its_finding(ccm, evaluated, by):
    """By the id of the result, and by that of a finding that has one result under another id."""
    entries = listed(ccm).values()
    entry = next(
        entry
        for entry in entries
        if len(entry["checks"]) == 1 and entry["checks"][0]["result"] != entry["id"]
    )
    name = entry["id"] if by == "finding" else entry["checks"][0]["result"]
    explanation = json.loads(ccm("explain", name, "--json").out)
    assert explanation["finding"] == entry["id"]
    assert explanation["result"]["id"] == entry["checks"][0]["result"]
    assert f"ccm findings show {entry['id']}" in ccm("explain", name).out
