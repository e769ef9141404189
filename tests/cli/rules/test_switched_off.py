"""Checks that the settings switch off: shown with their reason wherever a check is."""

from __future__ import annotations

import pytest

from tests.cli.rules.test_narrowing_settings import edited

OFF = "pagerduty_incidents_of_a_month_acknowledged_in_time"
WHY = "Our night team answers by phone"


@pytest.fixture
def choose(evaluated, folder):
    """Choose something about the rules in the settings of a finished run."""

    def choose(text):
        edited(folder, "rules: {packs:", f"rules: {{{text}, packs:")

    return choose


def by_rule(ran):
    """Return the rules of an evaluation by their ids."""
    return {rule["rule"]: rule for rule in ran.json["rules"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("disabled: [{rule: pagerduty_incident_acknowledgd, reason: No phones}]", "did you mean"),
        ("disabled: [{rule: 'pagerduti_*', reason: No phones}]", "matches no rule of the packs"),
        ("disabled: [{rule: '*', reason: No phones}]", "every check of the packs would be off"),
        ("severity: {pagerduty_incident_acknowledgd: low}", "did you mean"),
        ("frameworks: [soc3]", 'unknown framework "soc3"; did you mean "soc2"?'),
    ],
)
def test_names_that_no_rule_has_are_refused(ccm, choose, text, expected):
    """At their line and column, by every command that evaluates or checks."""
    choose(text)
    for command in ("check", "evaluate"):
        ran = ccm(command)
        assert ran.code == 2
        assert expected in ran.err
        assert "ccm.yaml:" in ran.err


def test_a_check_that_is_off_is_shown_with_its_reason(ccm, choose, folder):
    """In the evaluation, in every report, in lists of rules, and in the coverage of frameworks."""
    before = ccm("frameworks", "show", "soc2", "--json").json
    choose(f"disabled: [{{rule: {OFF}, reason: {WHY}}}]")
    ran = ccm("evaluate", "--json")
    evaluation = ran.json
    assert OFF not in by_rule(ran)
    (off,) = evaluation["switched_off"]
    assert (off["rule"], off["reason"], off["until"]) == (OFF, WHY, "")
    supported = {f"{one['framework']}:{one['id']}": one for one in evaluation["controls"]}
    assert off["controls"]
    for name in off["controls"]:
        assert supported[name]["switched_off"] == [OFF]
        assert supported[name]["status"] in {"fail", "error", "insufficient"}
    for form in ("text", "markdown", "html", "json"):
        assert ccm("report", "--format", form, "-o", f"out.{form}").code == 0
        assert WHY in (folder / f"out.{form}").read_text()
    assert f"1 check switched off: {OFF}: {WHY}" in (folder / "out.html").read_text()
    listed = {one["rule"]["id"]: one for one in ccm("rules", "list", "--json").json}
    assert listed[OFF]["switched_off"]["reason"] == WHY
    assert f"switched off: {WHY}" in ccm("rules", "list").out
    after = ccm("frameworks", "show", "soc2", "--json").json
    assert after["sufficient"] < before["sufficient"] or after["mapped"] < before["mapped"]
    text = ccm("frameworks", "show", "soc2").out
    assert "\n      1 check switched off\n" in text
    assert f"switched off: {OFF} (" in text
    assert WHY in text


def test_the_same_evaluation_is_made_again(ccm, choose):
    """What is off, and other severities, are among the inputs that are kept."""
    choose(
        f"disabled: [{{rule: {OFF}, reason: {WHY}}}], "
        "severity: {pagerduty_service_has_escalation_policy: medium}"
    )
    ran = ccm("evaluate", "--json")
    assert by_rule(ran)["pagerduty_service_has_escalation_policy"]["severity"] == "medium"
    narrowing = " ".join(ran.json["narrowing"])
    changed = "the severity of pagerduty_service_has_escalation_policy is medium, of the pack: "
    assert changed in narrowing
    again = ccm("evaluate", "--reproduce", "--json")
    assert again.code == ran.code
    assert "no change was found" in ccm("verify", "--reevaluate", "100%").out


def test_its_findings_are_inconclusive_and_not_closed(ccm, choose):
    """Nobody knows whether what failed still does."""
    late = {one["id"] for one in ccm("findings", "list", "--json").lines if OFF in one["rules"]}
    choose(f"disabled: [{{rule: {OFF}, reason: {WHY}}}]")
    ccm("evaluate")
    listed = {one["id"]: one for one in ccm("findings", "list", "--json").lines}
    for name in late:
        assert name in listed


def test_nothing_is_concluded_of_a_control_whose_check_was_off(ccm, choose, vault_key):
    """The time is an evidence gap that names the check; a package states the same, and verifies."""
    assert ccm("keys", "make").code == 0
    year = ccm("evaluate", "--json").json["evaluated_at"][:4]
    choose(f"disabled: [{{rule: {OFF}, reason: {WHY}}}]")
    off = ccm("evaluate", "--json").json["switched_off"][0]
    name = next(one for one in off["controls"] if one.startswith("soc2:"))
    assured = ccm("assurance", "--period", year, "--control", name, "--json")
    (control,) = assured.json["controls"]
    reason = f"the check {OFF} was switched off: {WHY}"
    assert reason in {gap["reason"] for gap in control["evidence_gaps"]}
    assert control["conclusion"] == "evidence_incomplete"
    made = ccm("bundle", "--period", year, "--control", name, "-o", "out.zip")
    assert made.code == 0, made.err
    verified = ccm("verify", "out.zip")
    assert verified.code == 0, verified.err
