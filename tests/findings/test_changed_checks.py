"""A finding that is resolved because its check was changed says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ccm_core.findings.apply_changes import apply_changes
from ccm_core.findings.changed_checks import seen_before, with_changed_checks
from ccm_core.findings.tracker import finding_changes
from ccm_core.model.evaluation.result import AppliedPack, DerivedState, EvaluationBasis
from ccm_core.model.evaluation.rule import PackPurpose
from ccm_core.model.finding.finding import change_of_check
from tests.findings.evaluations import START, evaluation, result

BOTH = ("ack", "resolve")


def basis(keys=None, revision="1", version="1.0.0", digest="a", **parameters):
    """Return what the checks of an evaluation rested on; without keys: as of a past moment."""
    state = DerivedState(
        connection="hq",
        period_since=datetime(2026, 1, 1, tzinfo=UTC),
        revision=revision,
        rule_keys=keys or {},
    )
    pack = AppliedPack(
        name="doors",
        version=version,
        digest=digest,
        source="doors.yaml",
        purpose=PackPurpose.CONTROLS,
        parameters=parameters,
    )
    return EvaluationBasis(packs=(pack,), derived=() if keys is None else (state,))


def after(results, hour, rests_on):
    """Return an evaluation that rests on something."""
    return replace(evaluation(results, hour), packs=rests_on.packs, derived=rests_on.derived)


def explained(before, now, first=("fail",), last=("pass",)):
    """Return the reasons of what the second of two evaluations changed."""
    rules = BOTH[: len(first)]
    opening = [
        result(rule, "D1", status, ["late"]) for rule, status in zip(rules, first, strict=True)
    ]
    closing = [
        result(rule, "D1", status, ["late"]) for rule, status in zip(rules, last, strict=True)
    ]
    findings = apply_changes(finding_changes({}, after(opening, 0, before), None))
    step = after(closing, 1, now)
    changes = finding_changes(findings, step, START)
    return [one.reason for one in with_changed_checks(changes, findings, before, step)]


@pytest.mark.parametrize(
    ("before", "now", "what"),
    [
        pytest.param(
            basis({"ack": "k1"}, min_levels=2),
            basis({"ack": "k2"}, min_levels=1),
            "min_levels from 2 to 1",
            id="parameter",
        ),
        pytest.param(
            basis({"ack": "k1"}, chosen="a" * 80, within="hours(4)"),
            basis({"ack": "k2"}, chosen="true", within="hours(8)"),
            "chosen, within from hours(4) to hours(8)",
            id="a condition too long to be repeated",
        ),
        pytest.param(
            basis({"ack": "k1"}),
            basis({"ack": "k2"}, version="1.1.0", digest="b"),
            "pack doors from 1.0.0 to 1.1.0",
            id="pack",
        ),
        pytest.param(
            basis({"ack": "k1"}),
            basis({"ack": "k2"}, digest="b"),
            "pack doors has another text",
            id="pack of the same version",
        ),
        pytest.param(
            basis({"ack": "k1"}),
            basis({"ack": "k2"}, revision="2"),
            "another version of ccm or of a plugin",
            id="program",
        ),
        pytest.param(
            basis(None, min_levels=2),
            basis({"ack": "k2"}, min_levels=1),
            "min_levels from 2 to 1",
            id="after one that was made as of a past moment",
        ),
        pytest.param(
            basis({"ack": "k1"}, min_levels=2),
            basis({"ack": "k1"}, min_levels=1),
            "",
            id="parameter of another check",
        ),
        pytest.param(basis({"ack": "k1"}), basis({"ack": "k2"}), "", id="evidence alone"),
        pytest.param(basis({"ack": "k1"}), basis({"ack": "k1"}), "", id="nothing"),
    ],
)
def test_a_resolved_finding_says_whether_its_check_was_changed(before, now, what):
    """What changed of it, from what to what; where only the resource did, nothing."""
    (reason,) = explained(before, now)
    changed = f"the check was changed: {what}" if what else ""
    assert reason == "ack says pass of D1" + (f" ({changed})" if changed else "")
    assert change_of_check(reason) == changed


def test_a_finding_of_several_checks_names_the_one_that_was_changed():
    """Also where that one passes, and another still fails."""
    before = basis({"ack": "k1", "resolve": "r1"}, within="4h")
    now = basis({"ack": "k2", "resolve": "r1"}, within="8h")
    (reason,) = explained(before, now, ("fail", "fail"), ("pass", "fail"))
    what = "(the check was changed: ack: within from 4h to 8h)"
    assert reason == f"resolve says fail of D1 {what}"


def test_what_was_inconclusive_meanwhile_is_compared_with_when_it_failed_last():
    """A check that was loosened while evidence was lacking does not mend anything either."""
    door = result("ack", "D1", "fail")
    unknown, passed = (replace(door, status=s) for s in ("insufficient", "pass"))
    findings, before = {}, None
    for hour, one in enumerate((door, unknown, passed)):
        step = evaluation([one], hour)
        changes = finding_changes(findings, step, before)
        findings, before = apply_changes(changes, None, findings), step.evaluated_at
    assert changes[0].kind.value == "resolved"
    assert list(seen_before(changes, before)) == [START]
