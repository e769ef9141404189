"""What an auditor tries on a period: once at midnight, the last hour, a limit that was loosened."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from pagerduty_simulator.account.identifiers import incident_id
from pagerduty_simulator.account.incident_store import Event, IncidentRecord, IncidentState

from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.model.period import parse_period
from ccm_core.pipeline.assurance import assess_period
from ccm_core.pipeline.evaluate import compile_rules

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

    def evaluate(hour, parameters=None):
        firm.now = DAY + timedelta(hours=hour)
        firm.collect()
        if parameters:
            ruling = firm.ruling
            _, source = ruling()
            loosened = compile_rules(firm.host, source.packs, parameters)
            firm.ruling = lambda: (loosened, source)
            firm.evaluate()
            firm.ruling = ruling
        else:
            firm.evaluate()

    return evaluate


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
