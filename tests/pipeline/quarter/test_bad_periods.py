"""Periods that prove nothing, or not all: each says so, and no control of them comes out well."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.app.ports import CallerPorts, environment_keys
from ccm_core.app.rule_sets import compile_configured_packs
from ccm_core.app.workspace import Workspace
from ccm_core.model.period import parse_period
from ccm_core.pipeline.assurance import assess_period

pytestmark = pytest.mark.slow


def instant(text):
    """Return an instant of a document."""
    return datetime.fromisoformat(text)


@pytest.fixture
def proven(ccm):
    """Return what a period proves, and the exit code."""

    def assess(period, *arguments):
        code, out, err = ccm("assurance", "--period", period, "--json", *arguments)
        return code, json.loads(out) if out else None, err

    return assess


@pytest.mark.parametrize(
    ("period", "message"),
    [
        pytest.param("2999", "has not begun: it begins 2999-01-01T00:00:00Z", id="the-future"),
        pytest.param("2025-09-30..2025-07-01", "it ends before it begins", id="reversed"),
        pytest.param("2025-07-01T10:00..2025-07-01T11:00", "names no days", id="an-hour"),
        pytest.param("2025-07-01..", "names no days", id="no-end"),
        pytest.param("2025-02-30", "2025-02-30", id="no-day"),
        pytest.param("2025-Q5", "write it like 2026", id="no-quarter"),
        pytest.param("", "write it like 2026", id="nothing"),
    ],
)
def test_what_is_no_period_is_refused(proven, period, message):
    """In one line, with what would be one."""
    code, document, err = proven(period)
    assert (code, document) == (2, None)
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("period", "gaps"),
    [
        pytest.param(
            "2025-05",
            {("it had not been collected yet", 31), ("it was not evaluated", 31)},
            id="before-anything-was-collected",
        ),
        pytest.param(
            "2025-12",
            {("nothing was collected for longer than 2d", 31), ("it was not evaluated", 31)},
            id="after-all-that-was-collected",
        ),
    ],
)
def test_a_period_without_an_evaluation_proves_nothing(proven, period, gaps):
    """No item is counted, and every control has gaps as long as the period."""
    code, document, _ = proven(period)
    assert code == 3
    for control in document["controls"]:
        assert control["conclusion"] == "evidence_incomplete"
        assert (control["evidence_coverage"], control["evaluations"], control["items"]) == (0, 0, 0)
        stated = {
            (gap["reason"], (instant(gap["until"]) - instant(gap["since"])).days)
            for gap in control["evidence_gaps"]
        }
        assert stated == gaps


def test_a_period_across_an_installation_has_a_gap_until_then(proven):
    """What was read back of the time before is counted apart."""
    code, document, _ = proven("2025-06-25..2025-07-05")
    assert code == 3
    tests = {one["rule"]: one for control in document["controls"] for one in control["tests"]}
    answered = tests["pagerduty_incidents_of_a_month_acknowledged_in_time"]
    assert 0 < answered["read_back"] < answered["population"]
    installed = datetime(2025, 6, 30, 6, tzinfo=UTC)
    for control in document["controls"]:
        assert control["conclusion"] == "evidence_incomplete"
        first = min(instant(gap["since"]) for gap in control["evidence_gaps"])
        assert first == datetime(2025, 6, 25, tzinfo=UTC)
        until = {
            instant(gap["until"])
            for gap in control["evidence_gaps"]
            if gap["reason"] == "it was not evaluated"
        }
        assert all(timedelta(0) <= one - installed < timedelta(minutes=5) for one in until)


def test_a_period_across_a_changed_parameter_names_the_change(ccm):
    """With its value before and after, and the evaluation that had it first."""
    _, out, _ = ccm("report", "--period", "2025-08-14..2025-08-16", "--format", "json")
    (change,) = json.loads(out)["basis"]["design_changes"]
    assert change["name"] == "pagerduty-response ack_within_high"
    assert (change["what"], change["before"], change["after"]) == ("parameter", "15m", "12m")
    assert change["at"].startswith("2025-08-15T06:00")


def test_a_period_that_begins_and_ends_between_evaluations_is_closed_by_the_next_one(proven):
    """A day that was evaluated at six has the rest of it tested by the next day's evaluation."""
    _, document, _ = proven("2025-09-30", "--control", "soc2:CC7.4")
    (control,) = document["controls"]
    assert control["evaluations"] == 1
    answered = {one["rule"]: one for one in control["tests"]}[
        "pagerduty_incidents_of_a_month_acknowledged_in_time"
    ]
    assert answered["failed"] >= 2  # of its last hour


def test_a_period_with_time_after_the_last_evaluation_is_not_proven(proven):
    """Whatever was found until then."""
    code, document, _ = proven("2025-09-28..2025-10-05")
    assert code == 3
    last = datetime(2025, 10, 1, 6, tzinfo=UTC)
    for control in document["controls"]:
        assert control["conclusion"] == "evidence_incomplete"
        assert any(instant(gap["since"]) >= last for gap in control["evidence_gaps"])


def test_a_cut_off_within_a_day_ends_with_what_was_seen(collected):
    """The part that has elapsed is what is said of, and that it has not ended."""
    ports = CallerPorts(show_message=lambda _: None, key_sources=environment_keys)
    workspace = Workspace.open(collected.folder / "ccm.yaml", ports)
    noon = datetime(2025, 10, 1, 12, tzinfo=UTC)
    workspace = replace(workspace, clock=lambda: noon)
    with workspace.read_store() as store:
        assurance = assess_period(
            workspace.host,
            workspace.connections((), secrets=False),
            store,
            compile_configured_packs(workspace),
            parse_period("2025-Q4"),
        )
    assert (assurance.until, assurance.ended) == (noon, False)
    assert all(gap.until <= noon for one in assurance.controls for gap in one.evidence_gaps)
    assert all(one.evaluations == 1 for one in assurance.controls)


PACK = """\
apiVersion: ccm/v1
kind: RulePack
metadata: {name: later, version: 1.0.0, title: Added later}
rules:
  - id: later_rule
    title: Every user has a name
    status: stable
    severity: low
    over: pagerduty.user_access
    assert: row.title != ''
    message: "{row.title}"
    on_empty: not_applicable
    controls: [{framework: soc2, id: CC1.1, why: Names are known.}]
    tests:
      - {name: named, rows: [{title: Ann}], expect: pass}
      - {name: unnamed, rows: [{title: ""}], expect: fail}
"""


@pytest.mark.parametrize(
    ("old", "new", "control", "reason"),
    [
        pytest.param(
            "packs: [", "packs: [later.yaml, ", "soc2:CC1.1", "it was not evaluated", id="pack"
        ),
        pytest.param(
            "name: northwind",
            "name: another",
            "soc2:CC7.4",
            "it had not been collected yet",
            id="connection",
        ),
    ],
)
def test_what_settings_name_now_and_nothing_tested_then_is_not_proven(
    collected, ccm, old, new, control, reason
):
    """A rule that was added since, and a connection to an account that was never read."""
    settings = collected.folder / "ccm.yaml"
    text = settings.read_text()
    (collected.folder / "later.yaml").write_text(PACK)
    assert old in text
    settings.write_text(text.replace(old, new))
    try:
        arguments = ("assurance", "--period", "2025-Q3", "--json", "--control", control)
        code, out, err = ccm(*arguments)
    finally:
        settings.write_text(text)
    assert code == 3, err
    (one,) = json.loads(out)["controls"]
    assert one["conclusion"] == "evidence_incomplete"
    assert reason in {gap["reason"] for gap in one["evidence_gaps"]}
