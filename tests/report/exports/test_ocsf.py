"""OCSF: valid by the published schema, read by a library of others."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from ccm_core.report.formats.ocsf import VERSION


@pytest.fixture(scope="session")
def finding():
    """The schema of a Compliance Finding in the version that the events name."""
    made = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=VERSION))
    schema = made.get_class_schema(class_name="compliance_finding")
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def events(page):
    """Read the lines."""
    return [json.loads(line) for line in page.splitlines()]


def problems(finding, page):
    """Say what the schema refuses."""
    return [
        f"{wrong.instance_path}: {wrong.message}"
        for event in events(page)
        for wrong in finding.iter_errors(event)
    ]


@pytest.mark.no_cover
def test_the_demo_account_is_valid(finding, render, demo):
    """Each result of a whole account is one valid event."""
    page = render("ocsf", demo)
    told = events(page)
    assert len(told) == sum(len(rule.results) for rule in demo.evaluation.rules)
    assert all(finding.is_valid(event) for event in told)


@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_rules_say_is_valid(finding, render, generated, data):
    """No name, reason, control or status makes an event that the schema refuses."""
    assert problems(finding, render("ocsf", data.draw(generated))) == []


def test_a_library_reads_it_back(render, waived):
    """py-ocsf-models reads each event, and says the same of it."""
    from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding

    read = [
        ComplianceFinding.model_validate_json(line) for line in render("ocsf", waived).splitlines()
    ]
    assert {event.class_name for event in read} == {"Compliance Finding"}
    assert [event.compliance.requirements for event in read] == [["soc2 CC7.4"]] * len(read)


def test_the_mapping(render, waived):
    """Only a pass is a pass; insufficient is unknown; a waived failure is a suppressed failure."""
    statuses = {
        (event["unmapped"]["status"], event["unmapped"]["waiver"]): (
            event["compliance"]["status_id"],
            event.get("status"),
        )
        for event in events(render("ocsf", waived))
    }
    assert statuses == {
        ("pass", None): (1, None),
        ("fail", None): (3, "New"),
        ("fail", "W-7"): (3, "Suppressed"),
        ("insufficient", None): (0, "New"),
        ("error", None): (99, "New"),
        ("not_applicable", None): (99, None),
    }


def test_owners_are_a_tag_of_the_resource(render, waived):
    """OCSF's own attribute is for one user with an account."""
    events = [json.loads(line) for line in render("ocsf", waived).splitlines()]
    tags = [event["resources"][0].get("tags") for event in events]
    assert [tag for tag in tags if tag] == [
        [{"name": "owner", "values": ["Night desk", "Platform"]}]
    ]
