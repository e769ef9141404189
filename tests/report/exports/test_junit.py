"""JUnit XML: what a CI job reads, with nothing unproven among the passed."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Properties, Skipped

from ccm_core.model.evaluation.result import deciding


def read(page):
    """Let junitparser read a document."""
    return JUnitXml.fromstring(page)


def outcomes(page):
    """Give what became of each case: the tag and type of its result, or that it passed."""
    return {
        case.name: [(type(outcome), outcome.type) for outcome in case.result] or "passed"
        for suite in read(page)
        for case in suite
    }


def test_the_mapping(render, waived):
    """Fail is a failure, insufficient and error are errors, a waived failure is set aside."""
    assert outcomes(render("junit", waived)) == {
        "Service pass [P0]": "passed",
        "Service fail [P1]": [(Failure, "ccm.fail")],
        "Service insufficient [P2]": [(Error, "ccm.insufficient")],
        "Service not_applicable [P3]": [(Skipped, "ccm.not_applicable")],
        "Service error [P4]": [(Error, "ccm.error")],
        "Service waived [P9]": [(Skipped, "ccm.waived")],
    }


def test_owners_are_properties_of_the_case(render, waived):
    """One for each team, so that a job can hand a red case to whom it concerns."""
    (suite,) = read(render("junit", waived))
    owners = {
        case.name: [
            (prop.name, prop.value) for prop in case.child(Properties) if prop.name == "owner"
        ]
        for case in suite
        if case.child(Properties) is not None
    }
    teams = [("owner", "Night desk"), ("owner", "Platform")]
    assert {name: names for name, names in owners.items() if names} == {
        "Service waived [P9]": teams
    }


@pytest.mark.no_cover
def test_the_demo_account_is_counted(render, demo):
    """A parser of others counts what decides: a single failure under a share fails no job."""
    root = read(render("junit", demo))
    results = [result for rule in demo.evaluation.rules for result in rule.results]
    assert root.tests == len(results)
    assert root.failures == sum(
        result.status == "fail" and not result.waiver
        for rule in demo.evaluation.rules
        for result in deciding(rule.results)
    )
    assert root.errors == sum(result.status in ("insufficient", "error") for result in results)
    assert [suite.name for suite in root] == [rule.title for rule in demo.evaluation.rules]


@given(st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_rules_say_can_be_read(render, generated, data):
    """No character of any name makes a document that a parser refuses, and no count is off."""
    given_ = data.draw(generated)
    root = read(render("junit", given_))
    cases = [case for suite in root for case in suite]
    passed = sum(not case.result for case in cases)
    proven = sum(
        result.status == "pass" for rule in given_.evaluation.rules for result in rule.results
    )
    assert root.tests == len(cases)
    assert passed == proven
