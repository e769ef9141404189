"""A finding is one cause on one resource, whatever checks fail for it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.findings.apply_changes import apply_changes
from ccm_core.findings.tracker import finding_changes
from ccm_core.model.evaluation.result import Status
from ccm_core.model.finding.finding import FindingState, finding_of
from tests.findings.evaluations import HOUR, START, evaluation, result

LATE = ["late"]


def followed(*hours, severities=None):
    """Track hours of results one by one; return the kinds of changes by hour, and the findings."""
    findings, kinds, before = {}, [], None
    for number, results in enumerate(hours):
        step = evaluation(results, number, severities or {"ack": "high", "resolve": "low"})
        changes = finding_changes(findings, step, before)
        kinds.append(sorted(change.kind.value for change in changes))
        before = step.evaluated_at
        findings = apply_changes(changes, before, findings)
    return kinds, findings


def test_checks_of_one_cause_on_one_resource_are_one_finding():
    """The most severe of them names it."""
    kinds, findings = followed(
        [result("ack", "D1", "fail", LATE), result("resolve", "D1", "fail", LATE)]
    )
    (finding,) = findings.values()

    assert kinds == [["opened"]]
    assert finding.rules == ("ack", "resolve")
    assert (finding.severity, finding.rule, finding.reason) == (
        *("high", "ack", "ack says fail of D1"),
    )


def test_checks_without_a_cause_and_resources_are_findings_apart():
    """The rule is the cause then."""
    failing = [result(rule, key, "fail") for rule in ("ack", "resolve") for key in ("D1", "D2")]
    _, findings = followed(failing)
    assert len(findings) == 4
    assert set(findings) == {finding_of(one) for one in failing} == {one.id for one in failing}


def test_one_of_two_checks_that_passes_leaves_the_finding_open():
    """It is changed, and resolved when the last one passes."""
    both = [result("ack", "D1", "fail", LATE), result("resolve", "D1", "fail", LATE)]
    one = [result("ack", "D1", "pass"), result("resolve", "D1", "fail", LATE)]
    none = [result("ack", "D1", "pass"), result("resolve", "D1", "pass")]
    kinds, findings = followed(both, both, one, none)
    (finding,) = findings.values()

    assert kinds == [["opened"], [], ["changed"], ["resolved"]]
    assert (finding.severity, finding.closed_at) == ("low", START + 3 * HOUR)


def test_a_check_that_becomes_inconclusive_stays_with_the_finding():
    """While the other one fails it is open; when that passes it is inconclusive, not resolved."""
    both = [result("ack", "D1", "fail", LATE), result("resolve", "D1", "fail", LATE)]
    unknown = [result("ack", "D1", "insufficient"), result("resolve", "D1", "fail", LATE)]
    passed = [result("ack", "D1", "insufficient"), result("resolve", "D1", "pass")]
    kinds, findings = followed(both, unknown, passed, both)
    (finding,) = findings.values()

    assert kinds == [["opened"], ["changed"], ["inconclusive"], ["confirmed"]]
    assert [check.status for check in finding.checks] == [Status.FAIL, Status.FAIL]
    assert finding.first_seen == START


def test_a_share_is_one_finding_whatever_the_month_and_its_rows_are_none():
    """Rows count in the share; a share that passes has no finding."""
    rows = [result("ack", f"D{n}", "fail") for n in range(5)]
    first = [*rows, result("ack", "2026-01", "fail"), result("ack", "2026-02", "pass")]
    second = [*rows, result("ack", "2026-01", "fail"), result("ack", "2026-02", "fail")]
    third = [*rows, result("ack", "2026-02", "pass")]
    kinds, findings = followed(first, second, third)

    assert kinds == [["opened"], ["changed"], ["resolved"]]
    (finding,) = findings.values()
    assert finding.subject.title == "Title of ack"
    assert followed(third)[1] == {}


def test_a_cause_that_splits_is_followed_by_what_continues_it():
    """A check that goes on failing for another cause starts where its finding started."""
    one = [result("ack", "D1", "fail", LATE), result("resolve", "D1", "fail", LATE)]
    two = [result("ack", "D1", "fail", ["early"]), result("resolve", "D1", "fail", LATE)]
    kinds, findings = followed(one, one, two)
    new = finding_of(two[0])

    assert kinds == [["opened"], [], ["changed", "continued"]]
    assert findings[new].follows == (finding_of(one[0]),)
    assert (findings[new].first_seen, findings[new].opened_at) == (START, START)
    assert {finding.state for finding in findings.values()} == {FindingState.OPEN}


def test_two_causes_that_become_one_are_replaced_by_it():
    """No history is lost: the one that goes on was first seen when the older of them was."""
    older = [result("ack", "D1", "fail")]
    two = [*older, result("resolve", "D1", "fail")]
    one = [result("ack", "D1", "fail", LATE), result("resolve", "D1", "fail", LATE)]
    kinds, findings = followed(older, two, one)
    new = finding_of(one[0])

    assert kinds == [["opened"], ["opened"], ["continued", "replaced", "replaced"]]
    assert findings[new].first_seen == START
    assert findings[new].follows == tuple(sorted(one.id for one in two))
    assert {findings[one.id].state for one in two} == {FindingState.REPLACED}


def test_a_severity_that_changes_changes_the_finding():
    """A pack that was edited does not close and open it."""
    failing = [result("ack", "D1", "fail")]
    findings = apply_changes(finding_changes({}, evaluation(failing, 0), None))
    changes = finding_changes(findings, evaluation(failing, 1, {"ack": "low"}), START)
    assert [(change.kind, change.checks[0].severity) for change in changes] == [("changed", "low")]


STATUSES = st.sampled_from(["pass", "fail", "insufficient", "not_applicable", None])
CAUSES = st.sampled_from([(), ("late",), ("early",)])
CELLS = st.tuples(STATUSES, CAUSES)
HISTORIES = st.lists(
    st.fixed_dictionaries({(r, k): CELLS for r in ("ack", "resolve") for k in ("D1", "D2")}),
    min_size=1,
    max_size=7,
)


@settings(deadline=None, max_examples=200)
@given(history=HISTORIES)
def test_what_fails_is_in_exactly_one_open_finding_and_nothing_else_is_open(history):
    """Whatever happened before, the open findings are the causes that fail now."""
    findings, before, all_changes = {}, None, []
    for number, cells in enumerate(history):
        results = [
            result(rule, key, status, cause)
            for (rule, key), (status, cause) in cells.items()
            if status
        ]
        step = evaluation(results, number, {"ack": "high", "resolve": "low"})
        changes = finding_changes(findings, step, before)
        before = step.evaluated_at
        findings = apply_changes(changes, before, findings)
        all_changes += changes
        failing = {finding_of(one): one for one in results if one.status is Status.FAIL}

        open_ = {f.id for f in findings.values() if f.state is FindingState.OPEN}
        assert open_ == set(failing)
        shown = {c.result for name in open_ for c in findings[name].checks if c.status == "fail"}
        assert shown == {one.id for one in results if one.status is Status.FAIL}
        assert apply_changes(all_changes, before) == findings
        for finding in findings.values():
            assert START <= finding.first_seen <= finding.opened_at <= before
            assert (finding.closed_at is None) == (finding.state in {"open", "inconclusive"})
