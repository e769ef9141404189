"""What an auditor tries on a period: once at midnight, the last hour, a limit that was loosened."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pagerduty_simulator.account.identifiers import incident_id
from pagerduty_simulator.account.incident_store import Event, IncidentRecord, IncidentState

from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.model.evaluation.waiver import ApprovalAuthority, Waiver
from ccm_core.model.period import parse_period
from ccm_core.pipeline.assurance import assess_period
from ccm_core.pipeline.evaluate import compile_rules
from ccm_core.pipeline.period_basis.gather import StatedControls
from ccm_core.pipeline.period_report import period_input, with_basis

ANSWERED = "pagerduty_incidents_of_a_month_acknowledged_in_time"
OVERDUE = "pagerduty_no_incident_is_open_and_overdue"
CONTROLS = {ANSWERED: ("soc2", "CC7.4"), OVERDUE: ("soc2", "CC7.5")}
DAY = datetime(2026, 8, 4, tzinfo=UTC)


@pytest.fixture
def happen(firm):
    """Let incidents happen that nobody takes."""

    def put(*hours):
        incidents = firm.simulator.account.incidents
        some = next(iter(incidents))
        state = IncidentState(events=(Event(0, "trigger", some.references.service, "api"),))
        first = incidents.next_number
        incidents.put(
            IncidentRecord(
                number=first + number,
                created=int((DAY + timedelta(hours=hour)).timestamp()),
                references=some.references,
                state=state,
                title="Disk full",
                urgency="high",
            )
            for number, hour in enumerate(hours)
        )
        return [incident_id(first + number) for number in range(len(hours))]

    return put


@pytest.fixture
def look(firm):
    """Read and judge at some hour of the day."""

    def evaluate(hour, parameters=None, waivers=()):
        firm.now = DAY + timedelta(hours=hour)
        firm.collect()
        ruling = firm.ruling
        compiled, source = ruling()
        if parameters:
            compiled = compile_rules(firm.host, source.packs, parameters)
            source = replace(source, parameters=parameters)
        firm.ruling = lambda: (compiled, replace(source, waivers=waivers or source.waivers))
        firm.evaluate()
        firm.ruling = ruling

    return evaluate


@pytest.fixture
def paper(firm):
    """Return what the paper of the day says that its tests rest on."""

    def write():
        compiled, _ = firm.ruling()
        arguments = (firm.host, [firm.connection()], firm.store, compiled)
        inputs = period_input(*arguments, parse_period("2026-08-04"), samples=3)
        return with_basis(inputs, *arguments, StatedControls()).basis

    return write


@pytest.fixture
def concluded(firm, write_bundle, tmp_path):
    """Return what a period proves of a rule, as the package has it: its test, and exceptions."""

    def conclude(rule, period="2026-08-04"):
        control = CONTROLS[rule]
        compiled, _ = firm.ruling()
        assessed = assess_period(
            firm.host, [firm.connection()], firm.store, compiled, parse_period(period), [control]
        )
        (of_store,) = assessed.controls
        path = tmp_path / f"{period}-{len(list(tmp_path.iterdir()))}.zip"
        write_bundle(firm, path, period=period, controls=[control])
        (of_package,) = json.loads(read_archive(str(path))["assurance.json"])["controls"]
        (test,) = [one for one in of_package["tests"] if one["rule"] == rule]
        assert of_package["conclusion"] == of_store.conclusion
        exceptions = {one["subject"]["key"] for one in of_package["exceptions"]}
        assert exceptions == {one.subject.key for one in of_store.exceptions}
        return of_package, test, exceptions

    return conclude


@pytest.mark.no_cover
def test_a_day_that_was_looked_at_once_at_midnight_is_not_proven(happen, look, concluded, firm):
    """Two incidents that nobody took: unseen at first, and exceptions when somebody looked."""
    look(0)
    happen(10, 11)
    firm.now = DAY + timedelta(hours=40)
    control, test, _ = concluded(ANSWERED)
    assert control["conclusion"] == "evidence_incomplete"
    assert any("no later evaluation" in gap["reason"] for gap in control["evidence_gaps"])
    assert test["population"] == 0

    look(41)
    _, test, _ = concluded(ANSWERED)
    assert (test["population"], test["failed"]) == (2, 2)


@pytest.mark.no_cover
def test_an_incident_of_the_last_hour_is_an_exception_of_its_day_alone(happen, look, concluded):
    """It fell due after midnight."""
    look(0)
    look(23)
    (key,) = happen(23.75)
    look(30)
    look(47)
    look(54)
    _, test, _ = concluded(ANSWERED)
    assert (test["population"], test["failed"]) == (1, 1)
    _, test, exceptions = concluded(ANSWERED, "2026-08-05")
    assert test["population"] == 0
    assert key not in exceptions


@pytest.mark.no_cover
def test_a_limit_that_is_loosened_afterwards_clears_nothing(happen, look, concluded):
    """The paper says that the test was changed."""
    look(0)
    (key,) = happen(2)
    look(20)
    _, test, exceptions = concluded(OVERDUE)
    assert key in exceptions
    failed = test["failed"]

    look(21, {"resolve_within_high": "30d", "resolve_within_low": "30d"})
    _, test, exceptions = concluded(OVERDUE)
    assert key in exceptions
    assert (test["failed"], test["test_changed"]) == (failed, failed)


@pytest.mark.no_cover
@pytest.mark.parametrize("hour", [21, 29], ids=["within the day", "after it"])
def test_a_limit_that_is_loosened_is_a_line_of_the_paper(happen, look, paper, hour):
    """After the end of the day too: its last items are tested by what is evaluated then."""
    look(0)
    happen(2)
    look(20)
    look(hour, {"resolve_within_high": "30d"})
    (change,) = [one for one in paper().design_changes if one.what == "parameter"]
    assert change.name.endswith("resolve_within_high")
    assert (change.before, change.after) == ("4h", "30d")
    assert change.at >= DAY + timedelta(hours=hour)


@pytest.mark.no_cover
@pytest.mark.parametrize("hour", [21, 29], ids=["within the day", "after it"])
def test_a_risk_that_is_accepted_afterwards_clears_nothing(happen, look, concluded, paper, hour):
    """The paper says that it was added after the exception."""
    look(0)
    (key,) = happen(2)
    look(20)
    added = Waiver(
        id="W-LATE",
        rules=(OVERDUE,),
        authority=ApprovalAuthority(accepts_unsigned=True),
        reason="nobody had time",
        owner="a",
        approver="b",
        created=DAY + timedelta(hours=hour) - timedelta(minutes=5),
        expires=DAY + timedelta(days=60),
    )
    look(hour, waivers=[added])
    control, test, exceptions = concluded(OVERDUE)
    assert key in exceptions
    assert control["conclusion"] in {"exceptions", "evidence_incomplete"}
    (late,) = [
        one
        for one in control["exceptions"]
        if (one["rule"], one["subject"]["key"]) == (OVERDUE, key)
    ]
    assert not late["waived"]
    (acceptance,) = [one for one in paper().risk_acceptances if one.id == "W-LATE"]
    assert acceptance.added_afterwards == test["failed"] > 0
