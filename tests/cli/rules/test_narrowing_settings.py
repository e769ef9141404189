"""Settings and packs that would switch checks off: refused, inconclusive, or told in the report."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.no_cover  # its lines are covered by others

SERVICE_RULES = (
    "pagerduty_critical_service_pages_at_all_hours",
    "pagerduty_critical_service_is_enabled",
)
PACK = """\
apiVersion: ccm/v1
kind: RulePack
metadata: {name: ours, version: 1.0.0, title: Ours}
rules:
  - id: service_has_policy
    title: Every service has a policy
    status: stable
    severity: high
    over: pagerduty.service_readiness
    assert: row.has_policy
    message: no policy
    on_empty: not_applicable
"""


def edited(folder, before: str, after: str) -> None:
    """Change the settings."""
    path = folder / "ccm.yaml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def with_parameters(folder, parameters: str) -> None:
    """Set parameters of the packs."""
    edited(folder, "rules: {packs:", f"rules: {{parameters: {parameters}, packs:")


def results(ran) -> dict[str, dict]:
    """Return the results of an evaluation, by rule."""
    return {rule["rule"]: rule for rule in ran.json["evaluation"]["rules"]}


@pytest.mark.attack(
    "Settings",
    "A pack whose `max_age`, pass rate or share of inconclusive results lets everything pass",
    "Refused with what was got, what is expected, why, and what to write instead",
)
@pytest.mark.parametrize(
    ("text", "got", "expected"),
    [
        ("max_age: 36500d", "36500d", "at most 35d: older evidence says nothing"),
        ("max_age: 36d", "36d", "at most 35d"),
        ("tolerance: {at_least: 0%, per: all}", "0%", "at least 50%: a rule that passes while"),
        ("tolerance: {at_least: 49.9%, per: all}", "49.9%", "at least 50%"),
        (
            "tolerance: {at_least: 95%, inconclusive_at_most: 100%, per: all}",
            "100%",
            "at most 5%: what was not evaluated may have failed",
        ),
    ],
)
def test_a_pack_cannot_loosen_what_evidence_it_needs(ccm, folder, text, got, expected):
    """`ccm rules check` and every other command that reads the pack refuse it."""
    (folder / "ours.yaml").write_text(f"{PACK}    {text}\n")
    ran = ccm("rules", "check", "ours.yaml")
    assert ran.code == 2
    assert f"got {got}, expected {expected}" in ran.err
    assert "ours.yaml:13:" in ran.err


def test_a_pack_at_its_bounds_is_accepted(ccm, folder):
    """A month and some days, half of the population, a twentieth unknown."""
    bounds = "max_age: 35d\n    tolerance: {at_least: 50%, inconclusive_at_most: 5%, per: all}"
    (folder / "ours.yaml").write_text(f"{PACK}    {bounds}\n")
    assert ccm("rules", "check", "ours.yaml").code == 0


@pytest.mark.attack(
    "Settings",
    "A cadence of ten years, so that evidence never grows old",
    "Refused: at most a week",
)
@pytest.mark.parametrize("cadence", ["3650d", "8d"])
def test_a_cadence_beyond_a_week_is_refused(ccm, connected, folder, cadence):
    """The message has the place, the bound, the reason and the way on."""
    edited(folder, "settings: {", f"cadences: {{pagerduty.user: {cadence}}}\n    settings: {{")
    ran = ccm("check")
    assert ran.code == 2
    assert f"got {cadence}, expected at most 7d: evidence counts for two cadences" in ran.err
    assert "leave out the packs" in ran.err


@pytest.mark.attack(
    "Settings",
    "A lookback of nothing and a lookahead of three months and a day",
    "Both are refused at once, each at its line, and no fault of the plugin is claimed",
)
def test_a_horizon_out_of_its_bounds_is_a_mistake_in_the_settings(ccm, connected, folder):
    """With every other mistake of the connection beside it."""
    edited(folder, "lookback: 30d, lookahead: 14d", "lookback: 0d, lookahead: 91d")
    edited(folder, "settings: {", "cadences: {pagerduty.user: 8d}\n    settings: {")
    ran = ccm("collect")
    assert ran.code == 2
    lines = ran.err.splitlines()
    assert [line.split(": ")[0].rsplit(":", 2)[1] for line in lines] == ["7", "8", "8"]
    assert "lookback: got 0d, expected more than nothing" in ran.err
    assert "lookahead: got 91d, expected a duration of at most 90d" in ran.err
    assert "broke" not in ran.err
    assert "install another version" not in ran.err


@pytest.mark.attack(
    "Settings",
    "A lookback of a day, or a lookahead of none",
    "Every check that needs more is inconclusive, and names the setting",
)
@pytest.mark.parametrize(
    ("before", "after", "rule", "reason"),
    [
        (
            "lookback: 30d",
            "lookback: 1d",
            "pagerduty_incident_acknowledged_in_time",
            "looks back 1d, and the rule needs at least 7d; raise `lookback`",
        ),
        (
            "lookahead: 14d",
            "lookahead: 0s",
            "pagerduty_policy_first_level_covered",
            "looks ahead 0s, and the rule needs at least 7d; raise `lookahead`",
        ),
    ],
)
def test_a_horizon_shorter_than_a_check_needs_leaves_it_inconclusive(
    ccm, connected, folder, before, after, rule, reason
):
    """What lies outside of it was not looked at."""
    edited(folder, before, after)
    ran = ccm("run", "--json")
    assert results(ran)[rule]["status"] == "insufficient"
    assert any(reason in result["reason"] for result in results(ran)[rule]["results"])
    assert ran.code == 3


@pytest.mark.attack(
    "Settings",
    "`critical_services` that selects no service at all",
    "Its checks are inconclusive and name the parameter; they are not silent",
)
def test_critical_services_that_select_nothing_leave_their_checks_inconclusive(
    ccm, connected, folder
):
    """A typing mistake in the name of a service would switch its checks off."""
    with_parameters(folder, "{critical_services: \"row.title == 'Chekout'\"}")
    ran = ccm("run", "--json")
    for rule in SERVICE_RULES:
        assert results(ran)[rule]["status"] == "insufficient", rule
        (reason,) = [one["reason"] for one in results(ran)[rule]["results"][:1] if one["reason"]]
    assert "critical_services `row.title == 'Chekout'` selects none of 8 rows" in " ".join(
        one["reason"] for one in results(ran)[SERVICE_RULES[0]]["results"]
    )
    assert reason
    assert ran.code == 3


@pytest.mark.attack(
    "Settings",
    "Parameters, cadences and a horizon that narrow what is evaluated, or select everything",
    "The report lists each of them, with the value of the pack or the kind beside it",
)
def test_the_report_lists_the_settings_that_narrow_what_is_evaluated(ccm, connected, folder):
    """Whoever reads it sees what was taken out of sight."""
    with_parameters(folder, '{critical_services: "true", ack_within_high: 4h}')
    edited(folder, "lookback: 30d", "lookback: 10d")
    edited(folder, "settings: {", "cadences: {pagerduty.user: 3d}\n    settings: {")
    ccm("run")
    page = (folder / "ccm-report.html").read_text()
    assert "Settings that narrow what is evaluated" in page
    text = ccm("report", "--format", "markdown").out.replace("\\", "")
    assert "Settings that narrow what is evaluated" in text
    for phrase in (
        "critical_services is `true`, of the pack: `row.pages_high_urgency`; it selects 8 of 8",
        "ack_within_high is `4h`, of the pack: `15m`",
        "pagerduty.user is collected every 3d, of the kind:",
        "looks back 10d",
    ):
        assert phrase in text, phrase


def test_a_report_without_such_settings_has_no_such_section(ccm, connected):
    """No noise."""
    ccm("run")
    assert "Settings that narrow" not in ccm("report", "--format", "markdown").out


@pytest.mark.parametrize("command", ["check", "evaluate"])
def test_values_of_parameters_that_make_no_sense_are_refused_at_once(
    ccm, connected, folder, command
):
    """Each at its place in the settings, before anything is evaluated."""
    path = folder / "ccm.yaml"
    before = path.read_text()
    with_parameters(
        folder,
        '{notified_within: -5m, authorized_actors: [1], holidays: ["25/12/2026", "2026-02-30"], '
        "cover: Mon-Fri 9-5}",
    )
    edited(folder, "packs: [", "packs: [pagerduty-changes, ")
    line = before[: before.index("rules: {packs:")].count("\n") + 1
    ran = ccm(command)
    assert ran.code == 2, ran.err
    for mistake in (
        'expected a duration of nothing or more, got "-5m"',
        "expected a list of texts, got the number 1; write it in quotes",
        'expected dates such as 2026-12-25, got "25/12/2026" and "2026-02-30"',
        "expected hours such as Mon-Fri 09:00-17:00 Europe/Berlin, got 'Mon-Fri 9-5'",
    ):
        (reported,) = [text for text in ran.err.splitlines() if mistake in text]
        assert f"ccm.yaml:{line}:" in reported
