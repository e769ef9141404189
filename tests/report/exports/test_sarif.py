"""SARIF: valid by OASIS's schema, read by a library of others, honest about what is open."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="session")
def oasis(official):
    """The schema of SARIF 2.1.0, errata 01, as OASIS published it."""
    return jsonschema_rs.Draft4Validator(official("sarif-2.1.0.json"), validate_formats=True)


def problems(oasis, page):
    """Say what the schema refuses."""
    return [f"{one.instance_path}: {one.message}" for one in oasis.iter_errors(json.loads(page))]


def results(page):
    """Give the results of the one run."""
    (run,) = json.loads(page)["runs"]
    return run["results"]


def test_the_demo_account_is_valid(oasis, render, demo):
    """The schema finds nothing wrong with a whole account."""
    page = render("sarif", demo)
    assert problems(oasis, page) == []
    assert len(results(page)) > 100


@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_rules_say_is_valid(oasis, render, generated, data):
    """No name, address, reason or status makes a log that the schema refuses."""
    assert problems(oasis, render("sarif", data.draw(generated))) == []


def test_a_library_reads_it_back(render, demo):
    """sarif-pydantic reads the log, and counts what fails as the evaluation does."""
    from sarif_pydantic import Sarif

    (run,) = Sarif.model_validate_json(render("sarif", demo)).runs
    failing = [one for one in run.results if one.kind == "fail"]
    assert len(failing) == sum(
        result.status == "fail" for rule in demo.evaluation.rules for result in rule.results
    )
    assert {one.rule_id for one in failing} <= {one.id for one in run.tool.driver.rules}


def test_the_mapping(render, waived):
    """Fail is fail, a waived one suppressed; insufficient and error are open, never a pass."""
    said = {
        one["properties"]["status"] + ("+waiver" if "suppressions" in one else ""): (
            one["kind"],
            one["level"],
        )
        for one in results(render("sarif", waived))
    }
    assert said == {
        "fail": ("fail", "error"),
        "fail+waiver": ("fail", "error"),
        "insufficient": ("open", "none"),
        "error": ("open", "none"),
    }
    suppressed = [one["suppressions"] for one in results(render("sarif", waived))[-1:]]
    assert suppressed == [
        [{"kind": "external", "status": "accepted", "justification": "Waiver W-7"}]
    ]


def test_an_error_is_told_as_a_notification(render, waived):
    """A rule that ended in an error makes the run unsuccessful, and says which rule it was."""
    (run,) = json.loads(render("sarif", waived))["runs"]
    (invocation,) = run["invocations"]
    (told,) = invocation["toolExecutionNotifications"]
    assert invocation["executionSuccessful"] is False
    assert told["associatedRule"] == {"id": "r", "index": 0}
    assert told["message"]["text"] == "Ended in an error: Service error: it is error"


def test_a_fingerprint_stays(render, waived):
    """One rule on one subject has the same fingerprint at another moment."""
    from dataclasses import replace
    from datetime import timedelta

    later = replace(
        waived,
        evaluation=replace(
            waived.evaluation, evaluated_at=waived.evaluation.evaluated_at + timedelta(days=1)
        ),
    )
    first, second = (
        [one["partialFingerprints"] for one in results(render("sarif", each))]
        for each in (waived, later)
    )
    assert first == second
    assert len({one["ccmResult/v1"] for one in first}) == len(first)


def test_owners_are_in_the_property_bag(render, waived):
    """Only where there are any."""
    found = json.loads(render("sarif", waived))["runs"][0]["results"]
    told = [one["properties"].get("owners") for one in found]
    assert told.count(["Night desk", "Platform"]) == 1
    assert {str(one) for one in told} == {"None", "['Night desk', 'Platform']"}
