"""``ccm findings list``, ``show`` and ``export``: who does what by when, and what became of it."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta

import pytest

from ccm_core import schemas
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


def listed(ccm, *arguments):
    """Return what is listed, as documents."""
    return ccm("findings", "list", *arguments, "--output", "json").json["findings"]


def admins(findings):
    """Return the findings about owners and admins."""
    return [one for one in findings if rules(one) == ["pagerduty_owners_and_admins_bounded"]]


def rules(finding):
    """Return the checks of a finding."""
    return [check["rule"] for check in finding["checks"]]


def test_a_finding_is_tracked_across_evaluations(ccm, owned):
    """Opened, resolved when the limit was raised, reopened when it was not any more."""
    earlier = admins(listed(ccm, "--all", "--as-of", owned))
    (now,) = admins(listed(ccm))

    assert {one["state"] for one in earlier} == {"resolved"}
    assert (now["state"], now["times_opened"]) == ("reopened", 2)
    details = ccm("findings", "show", now["id"], "--output", "json").json
    assert [one["kind"] for one in details["changes"]] == ["opened", "resolved", "reopened"]
    text = ccm("findings", "show", now["id"]).out
    assert f"{now['id']}: reopened, {now['severity']}" in text
    assert "; opened 2 times" in text
    assert " resolved: " in text


def test_a_loosened_parameter_is_told_from_a_mended_resource(ccm, owned):
    """The history says what of the check was changed, and so does it when that is taken back."""
    (now,) = admins(listed(ccm))
    details = ccm("findings", "show", now["id"], "--output", "json").json
    reasons = {one["kind"]: one["reason"] for one in details["changes"]}
    before = re.search(r"max_owners_and_admins from (\S+) to 1000\)$", reasons["resolved"]).group(1)
    back = f"(the check was changed: max_owners_and_admins from 1000 to {before})"
    assert reasons["reopened"].endswith(back)
    assert "was changed" not in reasons["opened"]
    words = " ".join(ccm("findings", "show", now["id"]).out.split())
    assert "(the check was changed: max_owners_and_admins" in words
    assert "no change was found" in ccm("verify").out


def test_a_finding_can_be_acted_on_from_its_own_text(ccm, owned):
    """What, where, since when, who, by when, what next, and a link, each in eighty columns."""
    for one in listed(ccm):
        text = ccm("findings", "show", one["id"]).out
        for check in one["checks"]:
            assert check["rule"] in text
        words = " ".join(text.split())
        assert one["resource"]["title"].replace("  ", " ") in words
        assert "failing since" in text
        assert (", ".join(one["owner"]["names"]) or "no owner") in words
        assert ("due " in text) is bool(one["due"])
        assert one["next_step"] in words
        if one["resource"]["url"]:
            assert one["resource"]["url"] in text
        lines = [line for line in text.splitlines() if "http" not in line]
        assert max(map(len, lines)) <= 80


def test_the_list_has_two_lines_of_eighty_columns_for_each_finding(ccm, owned):
    """What is closed is there only where it is asked for."""
    assert admins(listed(ccm, "--as-of", owned)) == []
    assert admins(listed(ccm, "--state", "resolved", "--as-of", owned))
    everything = listed(ccm)
    ran = ccm("findings", "list")
    lines = ran.out.splitlines()
    assert len(lines) == 2 * len(everything)
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines[::2]] == [one["id"] for one in everything]
    assert f"{len(everything):,} findings open (" in ran.err


@pytest.mark.parametrize(
    ("arguments", "is_selected"),
    [
        pytest.param(
            ["--severity", "high", "--severity", "critical"],
            lambda one: one["severity"] in {"high", "critical"},
            id="severity",
        ),
        pytest.param(
            ["--framework", "pci-dss-4.0"],
            lambda one: any(name.startswith("pci-dss-4.0:") for name in one["controls"]),
            id="framework",
        ),
        pytest.param(
            ["--control", "soc2:CC7.4"], lambda one: "soc2:CC7.4" in one["controls"], id="control"
        ),
        pytest.param(
            ["--rule", "pagerduty_owners_and_admins_bounded"],
            lambda one: "pagerduty_owners_and_admins_bounded" in rules(one),
            id="rule",
        ),
        pytest.param(["--owner", "nobody"], lambda one: not one["owner"]["names"], id="nobody"),
        pytest.param(["--overdue"], lambda one: one["overdue"], id="overdue"),
        pytest.param(["--older-than", "1h"], lambda one: not one, id="age"),
        pytest.param(["--state", "reopened"], lambda one: one["times_opened"] > 1, id="state"),
    ],
)
def test_findings_are_selected(ccm, owned, arguments, is_selected):
    """Every selection narrows, and what was selected is said."""
    everything = listed(ccm)
    assert listed(ccm, *arguments) == [one for one in everything if is_selected(one)]


def test_what_is_counted_is_said(ccm, owned):
    """A number of some findings never looks like that of all."""
    assert "(only state reopened)" in ccm("findings", "list", "--state", "reopened").err
    assert "(only" not in ccm("findings", "list").err


def test_findings_are_selected_by_owner(ccm, owned):
    """The names of teams, in whatever case."""
    everything = listed(ccm)
    teams = sorted({name for one in everything for name in one["owner"]["names"]})[:2]
    some = listed(ccm, *flags(teams))

    assert some == [one for one in everything if {*teams} & {*one["owner"]["names"]}]
    assert 0 < len(some) < len(everything)
    assert f"only owner {teams[0].upper()}" in ccm("findings", "list", *flags(teams)).err


@pytest.mark.parametrize("command", [["list", "--output", "csv"], ["export"]])
def test_findings_are_written_as_a_table(ccm, owned, command):
    """With a column for everything that somebody needs; a spreadsheet runs nothing of it."""
    table = list(csv.DictReader(io.StringIO(ccm("findings", *command).out.lstrip("\ufeff"))))
    everything = listed(ccm)
    assert [row["finding"] for row in table] == [one["id"] for one in everything]
    assert [row["severity"] for row in table] == [one["severity"] for one in everything]
    assert not [cell for row in table for cell in row.values() if cell.startswith(("=", "@", "+"))]


def test_findings_are_documents_as_their_schema_says(ccm, owned):
    """Those that are closed too."""
    from jsonschema import Draft202012Validator

    schema = Draft202012Validator(schemas.load("finding.v1"))
    everything = listed(ccm, "--all")
    assert everything
    assert ccm("findings", "export", "--all", "--format", "json").json["findings"] == everything
    assert [list(schema.iter_errors(one)) for one in everything] == [[] for _ in everything]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--connection", "nobody"], 'unknown connection "nobody"', id="connection"),
        pytest.param(["--owner", "Nobodi"], 'did you mean "nobody"?', id="owner"),
        pytest.param(["--control", "soc2:CC7.44"], 'did you mean "soc2:CC7.4"?', id="control"),
        pytest.param(["--framework", "soc3"], 'did you mean "soc2"?', id="framework"),
        pytest.param(["--severity", "worst"], "'critical', 'high', 'medium'", id="severity"),
        pytest.param(["--older-than", "soon"], "--older-than 'soon'", id="age"),
        pytest.param(["--state", "lost"], "'acceptance_asked'", id="state"),
        pytest.param(["--all", "--state", "accepted"], "either --all or --state", id="both"),
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
    before = [{**one, "due_at": ""} for one in listed(ccm, "--all")]
    ccm("evaluate", "--as-of", owned, "--json")
    assert [{**one, "due_at": ""} for one in listed(ccm, "--all")] == before


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["show", "zz"], "no finding 'zz'", id="unknown"),
        pytest.param(["show", ""], "no finding ''", id="empty"),
        pytest.param(["list", "--as-of", "soon"], "--as-of", id="no-instant"),
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
    assert listed(ccm) == []


def test_a_finding_whose_risk_is_accepted_names_its_acceptance(ccm, connected, folder):
    """Until it ends."""
    (folder / "waivers.yaml").write_text(WAIVERS)
    settings = folder / "ccm.yaml"
    settings.write_text(
        settings.read_text().replace(
            "rules: {packs", "rules: {waivers: waivers.yaml, unsigned_waivers: accept, packs"
        )
    )
    ccm("run", "--json")
    (finding,) = admins(listed(ccm))

    assert (finding["state"], finding["checks"][0]["waiver"]) == ("accepted", "W1")
    assert "by risk acceptance W1" in ccm("findings", "show", finding["id"]).out
