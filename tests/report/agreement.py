"""What every format says of findings, read back: ids with states, and the line of numbers."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from xml.etree import ElementTree as ET

from ccm_core.model.finding.tally import tally
from ccm_core.model.finding.work_item import WorkState
from ccm_core.report.registry import FORMATS


def open_states(items):
    """Return the state of each finding that fails, by id."""
    return {
        item.finding.id: item.state.value
        for item in items
        if item.state is not WorkState.INCONCLUSIVE
    }


def json_findings(inputs):
    """Return the document's findings by id, its line, and the ids that failing results name."""
    document = json.loads(FORMATS["json"].render(inputs))
    results = [result for rule in document["evaluation"]["rules"] for result in rule["results"]]
    named = {result.get("finding") for result in results if result["status"] == "fail"}
    listed = {entry["id"]: entry["state"] for entry in document["findings"]["findings"]}
    return listed, document["findings"]["headline"], named


def csv_findings(inputs):
    """Return the state of each finding that a failing line names; no line of a share's rows."""
    text = FORMATS["csv"].render(inputs).decode("utf-8-sig")
    return {
        line["finding"]: line["finding_state"]
        for line in csv.DictReader(io.StringIO(text, newline=""))
        if line["status"] == "fail" and not line["finding_state"].startswith("counts in")
    }


def sarif_findings(inputs):
    """Return the state of each finding that fails; each is one result."""
    (run,) = json.loads(FORMATS["sarif"].render(inputs))["runs"]
    failing = [result for result in run["results"] if result["kind"] == "fail"]
    ids = [result["partialFingerprints"]["ccmFinding/v1"] for result in failing]
    assert len(ids) == len(set(ids))
    for result in failing:
        accepted = [one for one in result.get("suppressions", ()) if one["status"] == "accepted"]
        assert bool(accepted) is (result["properties"].get("state") == "accepted")
    states = (result["properties"].get("state") for result in failing)
    return dict(zip(ids, states, strict=True))


def junit_findings(inputs):
    """Return the state of each finding of a case that failed, waived ones too."""
    root = ET.fromstring(FORMATS["junit"].render(inputs))  # noqa: S314 - written by ccm
    states = {}
    for case in root.iter("testcase"):
        kinds = {child.get("type") for child in case}
        if kinds & {"ccm.fail", "ccm.waived"} and case.find("properties") is not None:
            facts = {prop.get("name"): prop.get("value") for prop in case.iter("property")}
            states[facts["finding"]] = facts.get("state")
    return states


def ocsf_findings(inputs):
    """Return the state of each finding of an event that failed."""
    events = map(json.loads, FORMATS["ocsf"].render(inputs).splitlines())
    return {
        event["finding_info"]["uid"]: event["unmapped"].get("state")
        for event in events
        if event["compliance"]["status_code"] == "fail" and not event["unmapped"]["counts_in_share"]
    }


def oscal_findings(inputs):
    """Return the state of each risk, by the finding that it names."""
    document = json.loads(FORMATS["oscal"].render(inputs))
    (results,) = document["assessment-results"]["results"]
    states = {}
    for risk in results.get("risks", ()):
        facts = {prop["name"]: prop["value"] for prop in risk["props"]}
        assert facts["finding"] not in states
        states[facts["finding"]] = facts.get("state")
        is_accepted = risk["status"] == "deviation-approved"
        assert is_accepted is (facts.get("state") == "accepted")
    return states


def page_findings(inputs):
    """Return the ids that the page's list of findings draws, and its text."""
    page = FORMATS["html"].render(inputs).decode()
    return set(re.findall(r'id="finding-([a-z2-7-]+)"', page)), unescape(page)


def assert_agreement(inputs, items):
    """Hold every format against the findings of the list."""
    states = {item.finding.id: item.state.value for item in items}
    failing, words = open_states(items), tally(items).words
    listed, headline, named = json_findings(inputs)
    assert (listed, headline) == (states, words)
    assert list(listed) == [item.finding.id for item in items]
    exports = {
        "csv": csv_findings(inputs),
        "sarif": sarif_findings(inputs),
        "junit": junit_findings(inputs),
        "ocsf": ocsf_findings(inputs),
        "oscal": oscal_findings(inputs),
    }
    assert exports == dict.fromkeys(exports, failing)
    assert failing.keys() <= named
    drawn, page = page_findings(inputs)
    assert drawn == states.keys()
    assert f">{words}</a>" in page
    assert words in FORMATS["text"].render(inputs).decode().replace("\n", " ")
    assert f"{words}." in FORMATS["markdown"].render(inputs).decode()
