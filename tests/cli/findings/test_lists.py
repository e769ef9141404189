"""``ccm findings``: what fails, since when, and what became of it."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.cli.main import main

NOW = datetime.now(UTC)
WAIVERS = f"""\
apiVersion: ccm/v1
kind: Waivers
waivers:
  - id: W1
    rules: [pagerduty_owners_and_admins_bounded]
    reason: They move to another account.
    owner: Dana Ito
    approver: Sam Osei
    created: {(NOW - timedelta(days=1)).isoformat()}
    expires: {(NOW + timedelta(days=1)).isoformat()}
"""


@pytest.fixture(scope="module")
def judged_three_times(finished_run, tmp_path_factory):
    """Judge what was collected as it is, with a looser parameter, and as it is again."""
    path, printed = tmp_path_factory.mktemp("judged") / "copy", io.StringIO()
    shutil.copytree(finished_run[0], path)
    settings = path / "ccm.yaml"
    text = settings.read_text()
    loose = "rules: {parameters: {max_owners_and_admins: 1000}, packs"
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        patch.chdir(path)
        patch.setenv("PD_KEY", "the-source-is-gone")
        settings.write_text(text.replace("rules: {packs", loose))
        assert "max_owners" in settings.read_text()
        main(["evaluate", "--json"])
        settings.write_text(text)
        main(["evaluate", "--json"])
    return path, json.loads(printed.getvalue().splitlines()[0])["evaluated_at"]


@pytest.fixture
def owned(judged_three_times, folder, monkeypatch):
    """Stand in a copy of that folder; give the moment of the looser parameter."""
    judged_folder, moment = judged_three_times
    shutil.copytree(judged_folder, folder, dirs_exist_ok=True)
    monkeypatch.setenv("PD_KEY", "the-source-is-gone")
    return moment


def admins(listed):
    """Give the findings about owners and admins."""
    return [one for one in listed if one["rule"] == "pagerduty_owners_and_admins_bounded"]


def test_a_finding_is_tracked_across_evaluations(ccm, owned):
    """Opened, resolved when the limit was raised, reopened when it was not any more."""
    earlier = admins(ccm("findings", "list", "--all", "--as-of", owned, "--json").json)
    now = admins(ccm("findings", "list", "--json").json)

    assert {one["state"] for one in earlier} == {"resolved"}
    assert {(one["state"], one["opened"]) for one in now} == {("open", 2)}
    details = ccm("findings", "show", now[0]["id"], "--json").json
    assert [one["kind"] for one in details["changes"]] == ["opened", "resolved", "reopened"]
    text = ccm("findings", "show", now[0]["id"]).out
    assert f"{now[0]['id']} is open, opened 2 times" in text
    assert " resolved: " in text


def test_listed_findings_can_be_filtered(ccm, owned):
    """By state, by connection; what is closed only where it is asked for."""
    assert admins(ccm("findings", "list", "--as-of", owned, "--json").json) == []
    assert admins(ccm("findings", "list", "--state", "resolved", "--as-of", owned, "--json").json)
    lines = ccm("findings", "list").out.splitlines()
    assert all(line.count("\t") == 8 for line in lines)


def test_findings_are_listed_by_owner(ccm, owned):
    """The names of teams, in whatever case; what nobody owns is nobody's."""
    everything = ccm("findings", "list", "--json").json
    teams = {name for one in everything for name in one["subject"]["owners"]}
    arguments = sorted(teams)[:2]
    some = ccm("findings", "list", *flags(arguments), "--json").json

    assert some == [one for one in everything if {*arguments} & {*one["subject"]["owners"]}]
    assert 0 < len(some) < len(everything)
    details = ccm("findings", "show", some[0]["id"]).out
    assert f"  owner    {', '.join(some[0]['subject']['owners'])}" in details


def test_findings_are_listed_by_control_severity_and_status(ccm, owned):
    """Each option may be repeated, and all of them together narrow; what was filtered is said."""
    everything = ccm("findings", "list", "--json").json
    evaluation = ccm("report", "--format", "json").json["evaluation"]
    control = evaluation["controls"][0]
    name = f"{control['framework']}:{control['id']}"

    high = ccm("findings", "list", "--severity", "high", "--severity", "critical", "--json")
    assert high.json == [one for one in everything if one["severity"] in {"high", "critical"}]
    total = len(ccm("findings", "list", "--all", "--json").json)
    assert (
        f"{len(high.json)} of {total} findings: only severity high, severity critical" in high.err
    )
    supported = ccm("findings", "list", "--control", name, "--json").json
    assert supported == [one for one in everything if one["rule"] in control["rules"]]
    failing = ccm("findings", "list", "--status", "fail", "--json").json
    assert failing == [one for one in everything if one["state"] == "open"]
    assert ccm("findings", "list", "--status", "pass", "--severity", "high", "--json").json == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            ["--connection", "nobody"],
            "connection 'nobody' not found in this evaluation; it has: pagerduty-test",
            id="connection",
        ),
        pytest.param(["--owner", "Nobody"], "owner 'Nobody' not found in this", id="owner"),
        pytest.param(["--control", "soc2:X"], "control 'soc2:X' not found in this", id="control"),
        pytest.param(["--severity", "worst"], "'critical', 'high', 'medium'", id="severity"),
        pytest.param(["--status", "bad"], "'pass', 'fail', 'insufficient', 'error'", id="status"),
    ],
)
def test_unknown_filters_of_findings_are_refused_with_the_choices(ccm, owned, arguments, message):
    """An empty list would look as if nothing was open."""
    ran = ccm("findings", "list", *arguments)
    assert (ran.code, ran.out, message in ran.err) == (2, "", True), ran.err


def flags(teams):
    """Ask for each team, in capitals."""
    return [part for name in teams for part in ("--owner", name.upper())]


def test_a_past_evaluation_made_later_changes_no_finding(ccm, owned):
    """It says what was so, and nothing of when something was seen."""
    before = ccm("findings", "list", "--all", "--json").json
    ccm("evaluate", "--as-of", owned, "--json")
    assert ccm("findings", "list", "--all", "--json").json == before


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["show", "zz"], "no finding 'zz'", id="unknown"),
        pytest.param(["show", ""], "no finding ''", id="empty"),
        pytest.param(["list", "--as-of", "soon"], "--as-of", id="no-instant"),
        pytest.param(["list", "--state", "lost"], "lost", id="no-state"),
    ],
)
def test_mistakes_in_findings_arguments_are_reported(ccm, owned, arguments, expected):
    """With exit code 2 and nothing on standard output."""
    ran = ccm("findings", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert expected in ran.err


def test_a_store_without_evaluations_has_no_findings(ccm, connected):
    """There is nothing to list, and that is no mistake."""
    ccm("collect")
    assert ccm("findings", "list", "--json").json == []


def test_a_waived_finding_stays_open_and_names_its_waiver(ccm, connected, folder):
    """The waiver is a flag beside the state."""
    (folder / "waivers.yaml").write_text(WAIVERS)
    settings = folder / "ccm.yaml"
    settings.write_text(
        settings.read_text().replace(
            "rules: {packs", "rules: {waivers: waivers.yaml, unsigned_waivers: accept, packs"
        )
    )
    ccm("run", "--json")
    finding = admins(ccm("findings", "list", "--json").json)

    assert {(one["state"], one["waiver"]) for one in finding} == {("open", "W1")}
    assert "is open, waived by W1" in ccm("findings", "show", finding[0]["id"]).out
