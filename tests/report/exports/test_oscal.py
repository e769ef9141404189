"""OSCAL: valid by NIST's schema, read by a library of others, and never kinder than the result."""

from __future__ import annotations

import json
import warnings

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="session")
def nist(official):
    """NIST's JSON Schema of assessment results."""
    schema = official("oscal_assessment-results_schema.json")
    return jsonschema_rs.Draft7Validator(schema, validate_formats=True)


def problems(nist, page):
    """Say what NIST's schema refuses."""
    return [
        f"{error.instance_path}: {error.message}" for error in nist.iter_errors(json.loads(page))
    ]


def parts(page):
    """Give the one set of results."""
    (found,) = json.loads(page)["assessment-results"]["results"]
    return found


def test_the_demo_account_is_valid(nist, render, demo):
    """NIST's schema finds nothing wrong with a whole account."""
    page = render("oscal", demo)
    assert problems(nist, page) == []
    assert len(parts(page)["observations"]) > 100


@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_rules_say_is_valid(nist, render, generated, data):
    """No name, reason, control or status makes a document that NIST's schema refuses."""
    assert problems(nist, render("oscal", data.draw(generated))) == []


def test_a_library_reads_it_back(render, demo):
    """compliance-trestle reads the document and finds the same findings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a library says of its own libraries
        from trestle.oscal.assessment_results import Model

        page = render("oscal", demo)
        read = Model.model_validate_json(page).assessment_results.results[0]
    evaluation = demo.evaluation
    assert len(read.findings) == len(evaluation.controls)
    assert {
        finding.target.status.state.root.value
        if hasattr(finding.target.status.state, "root")
        else finding.target.status.state.value
        for finding in read.findings
    } <= {"satisfied", "not-satisfied"}


def test_only_a_pass_is_satisfied(render, waived):
    """Insufficient, error and not applicable are not satisfied, and the reason says why."""
    targets = {
        finding["props"][1]["value"]: finding["target"]
        for finding in parts(render("oscal", waived))["findings"]
    }
    statuses = {
        name: (target["status"]["state"], target["status"]["reason"])
        for name, target in targets.items()
    }
    assert statuses == {
        "CC7.0": ("satisfied", "pass"),
        "CC7.1": ("not-satisfied", "fail"),
        "CC7.2": ("not-satisfied", "other"),
        "CC7.3": ("not-satisfied", "other"),
        "CC7.4": ("not-satisfied", "other"),
    }
    assert targets["CC7.2"]["status"]["remarks"] == "Inconclusive"
    assert targets["CC7.3"]["implementation-status"] == {"state": "not-applicable"}


def test_a_waived_failure_is_an_approved_deviation(render, waived):
    """The failure stands as a risk of its own, approved; the other one is open."""
    by_status = {risk["status"]: risk for risk in parts(render("oscal", waived))["risks"]}
    assert set(by_status) == {"open", "deviation-approved"}
    assert {"name": "waivers", "ns": "urn:ccm:oscal", "value": "W-7"} in by_status[
        "deviation-approved"
    ]["props"]
    assert all(risk["remediations"] for risk in by_status.values())


def test_every_id_that_is_named_is_there(render, demo):
    """Subjects, observations and risks that are referred to are in the document."""
    results = parts(render("oscal", demo))
    items = {entry["uuid"] for entry in results["local-definitions"]["inventory-items"]}
    observations = [entry["uuid"] for entry in results["observations"]]
    risks = {risk["uuid"] for risk in results["risks"]}
    assert len(observations) == len(set(observations))
    for observation in results["observations"]:
        assert {related["subject-uuid"] for related in observation.get("subjects", [])} <= items
    for finding in (*results["findings"], *results["risks"]):
        named_observations = {
            related["observation-uuid"] for related in finding["related-observations"]
        }
        assert named_observations <= set(observations)
    for finding in results["findings"]:
        assert {related["risk-uuid"] for related in finding.get("related-risks", [])} <= risks


def test_control_ids_are_told_apart(render, waived):
    """Ids that OSCAL cannot write stay different from each other."""
    from ccm_core.model.evaluation.result import ControlResult, Status
    from ccm_core.report.formats.oscal.tokens import token

    pairs = [("soc2", "CC7.4"), ("pci", "12.10.5"), ("hipaa", "a(6)"), ("hipaa", "a[6]")]
    tokens = [
        token(ControlResult(framework=framework, id=id_, status=Status.PASS, rules=()))
        for framework, id_ in pairs
    ]
    assert tokens[:2] == ["soc2_CC7.4", "pci_12.10.5"]
    assert len(set(tokens)) == len(pairs)


def test_owners_are_parties(render, waived):
    """A team is an organization, and its objects name it in the role of the owner."""
    document = json.loads(render("oscal", waived))["assessment-results"]
    names = {party["uuid"]: party["name"] for party in document["metadata"]["parties"]}
    (item,) = (
        entry
        for entry in document["results"][0]["local-definitions"]["inventory-items"]
        if entry["description"] == "Service waived"
    )

    assert document["metadata"]["roles"] == [{"id": "asset-owner", "title": "Owner"}]
    (owners,) = item["responsible-parties"]
    assert owners["role-id"] == "asset-owner"
    assert [names[party] for party in owners["party-uuids"]] == ["Night desk", "Platform"]
