"""SARIF: valid by OASIS's schema, read by a library of others, honest about what is open."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccm_core.model.finding.work_item import WorkState


@pytest.fixture(scope="session")
def oasis(official):
    """The schema of SARIF 2.1.0, errata 01, as OASIS published it."""
    return jsonschema_rs.Draft4Validator(official("sarif-2.1.0.json"), validate_formats=True)


def problems(oasis, page):
    """Say what the schema refuses."""
    return [
        f"{error.instance_path}: {error.message}" for error in oasis.iter_errors(json.loads(page))
    ]


def results(page):
    """Give the results of the one run."""
    (run,) = json.loads(page)["runs"]
    return run["results"]


def test_the_demo_account_is_valid(oasis, render, demo):
    """The schema finds nothing wrong with a whole account."""
    page = render("sarif", demo)
    assert problems(oasis, page) == []
    assert len(results(page)) > 100


@pytest.mark.no_cover
@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_rules_say_is_valid(oasis, render, generated, data):
    """No name, address, reason or status makes a log that the schema refuses."""
    assert problems(oasis, render("sarif", data.draw(generated))) == []


def test_a_library_reads_it_back(render, demo):
    """sarif-pydantic reads the log, and counts the findings that fail."""
    from sarif_pydantic import Sarif

    (run,) = Sarif.model_validate_json(render("sarif", demo)).runs
    failing = [result for result in run.results if result.kind == "fail"]
    items = demo.findings.items.values()
    assert len(failing) == sum(item.state is not WorkState.INCONCLUSIVE for item in items)
    assert {entry.rule_id for entry in failing} <= {entry.id for entry in run.tool.driver.rules}


def test_the_mapping(render, waived):
    """Fail is fail, a waived one suppressed; insufficient and error are open, never a pass."""
    kinds = {
        result["properties"]["status"] + ("+waiver" if "suppressions" in result else ""): (
            result["kind"],
            result["level"],
        )
        for result in results(render("sarif", waived))
    }
    assert kinds == {
        "fail": ("fail", "error"),
        "fail+waiver": ("fail", "error"),
        "insufficient": ("open", "none"),
        "error": ("open", "none"),
    }
    suppressed = [result["suppressions"] for result in results(render("sarif", waived))[-1:]]
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
    """A finding, or a result without one, has the same fingerprint at another moment."""
    from dataclasses import replace
    from datetime import timedelta

    later = replace(
        waived,
        evaluation=replace(
            waived.evaluation, evaluated_at=waived.evaluation.evaluated_at + timedelta(days=1)
        ),
    )
    first, second = (
        [entry["partialFingerprints"] for entry in results(render("sarif", account))]
        for account in (waived, later)
    )
    assert first == second
    assert len({str(entry) for entry in first}) == len(first)
    assert {*(name for entry in first for name in entry)} == {"ccmFinding/v1", "ccmResult/v1"}


def test_owners_are_in_the_property_bag(render, waived):
    """Only where there are any."""
    log = json.loads(render("sarif", waived))["runs"][0]["results"]
    owner_lists = [result["properties"].get("owners") for result in log]
    assert owner_lists.count(["Night desk", "Platform"]) == 1
    assert {str(owners) for owners in owner_lists} == {"None", "['Night desk', 'Platform']"}
