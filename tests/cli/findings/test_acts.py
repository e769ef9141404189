"""``ccm findings assign``, ``acknowledge`` and ``comment``: who did what is in the ledger."""

from __future__ import annotations

import getpass
import shutil

import pytest

PEOPLE = """
people:
  - {id: ada, name: Ada Ito, teams: [Night desk]}
  - {id: bo, name: Bo Osei}
findings:
  due: {critical: 1d, low: never}
  owners:
    - {owner: bo, rules: ["pagerduty_critical_*"]}
"""


@pytest.fixture
def evaluated(finished_run, folder, monkeypatch):
    """Stand in a copy of the folder of a run, with people in the settings."""
    shutil.copytree(finished_run[0], folder, dirs_exist_ok=True)
    monkeypatch.setenv("PD_KEY", "the-source-is-gone")
    settings = folder / "ccm.yaml"
    settings.write_text(settings.read_text() + PEOPLE)
    return folder


@pytest.fixture
def ids(ccm, evaluated):
    """Return the ids of two findings."""
    listed = ccm("findings", "list", "--output", "json").json["findings"]
    return [one["id"] for one in listed[:2]]


def shown(ccm, name):
    """Return all that is known of a finding."""
    return ccm("findings", "show", name, "--output", "json").json


def test_what_people_do_is_kept_in_order_and_changes_the_state(ccm, ids):
    """Assigned, acknowledged, commented; the store verifies."""
    name = ids[0]
    assert ccm("findings", "assign", name, "--to", "ada", "--by", "bo").code == 0
    assert ccm("findings", "acknowledge", name[7:14], "--by", "ada").code == 0
    assert ccm("findings", "comment", name, "Asked the vendor.", "--by", "ada").code == 0

    details = shown(ccm, name)
    finding = details["finding"]
    assert (finding["state"], finding["revision"]) == ("acknowledged", 3)
    assert finding["owner"] == {"names": ["ada"], "source": "assigned", "unknown": []}
    assert [(act["kind"], act["by"], act["number"]) for act in details["acts"]] == [
        ("assigned", "bo", 1),
        ("acknowledged", "ada", 2),
        ("commented", "ada", 3),
    ]
    text = ccm("findings", "show", name).out
    assert "History (revision 3)" in text
    assert "bo assigned it to ada" in text
    assert "ada commented: Asked the vendor." in " ".join(text.split())
    assert [one["id"] for one in listed(ccm, "--owner", "ada")] == [name]
    assert "no change was found" in ccm("verify").out


def listed(ccm, *arguments):
    """Return what is listed, as documents."""
    return ccm("findings", "list", *arguments, "--output", "json").json["findings"]


def test_several_findings_are_handed_to_a_team_and_back(ccm, ids):
    """A team that somebody of the settings is in is known."""
    ccm("findings", "assign", *ids, "--to", "Night desk", "--comment", "yours")
    assert {one["id"] for one in listed(ccm, "--owner", "night desk")} == {*ids}
    others = [one for one in listed(ccm) if one["owner"]["source"] == "source"]
    team = next(one["owner"]["names"][0] for one in others if one["id"] not in ids)
    ccm("findings", "assign", ids[0], "--to", team)
    assert shown(ccm, ids[0])["finding"]["owner"]["unknown"] == []
    ccm("findings", "assign", *ids, "--to-source")
    assert listed(ccm, "--owner", "night desk") == []
    assert shown(ccm, ids[0])["acts"][-1]["by"] == getpass.getuser()


def test_two_people_at_once_do_not_overwrite_each_other(ccm, ids):
    """The second is told what the first did."""
    ccm("findings", "comment", ids[0], "Mine.", "--by", "ada", "--revision", "0")
    ran = ccm("findings", "assign", ids[0], "--to", "bo", "--by", "bo", "--revision", "0")
    assert ran.code == 2
    assert f"finding {ids[0]} was changed meanwhile: ada commented" in ran.err
    assert shown(ccm, ids[0])["finding"]["revision"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["assign", "ID", "--to", "adda"], 'did you mean "ada"?', id="owner"),
        pytest.param(["assign", "ID"], "expected either --to NAME or --to-source", id="nobody"),
        pytest.param(
            ["assign", "ID", "--to", "ada", "--to-source"], "expected either --to", id="both"
        ),
        pytest.param(["assign", "zz", "--to", "ada"], "no finding 'zz'", id="unknown"),
        pytest.param(["comment", "ID", " ...  "], "expected a comment in words", id="no-words"),
        pytest.param(["comment", "ID", "x" * 2001], "at most 2,000 characters", id="long"),
        pytest.param(["comment", "ID", "a\udcff"], "is no text in UTF-8", id="no-text"),
        pytest.param(["acknowledge", "ID", "--by", "eve"], 'unknown person "eve"', id="person"),
        pytest.param(
            ["acknowledge", "ID", "--revision", "9"], "expected revision 9, got 0", id="revision"
        ),
        pytest.param(
            ["acknowledge", "ID", "zz"], "no finding 'zz'", id="one-of-several-is-unknown"
        ),
    ],
)
def test_mistakes_are_refused_and_nothing_is_stored(ccm, ids, arguments, message):
    """All of them with exit code 2."""
    ran = ccm("findings", *(ids[0] if word == "ID" else word for word in arguments))
    assert (ran.code, ran.out, message in ran.err) == (2, "", True), ran.err
    assert shown(ccm, ids[0])["acts"] == []


def test_an_owner_is_kept_as_it_is_written_whatever_case_it_is_named_in(ccm, ids):
    """So that lists have one name for a team."""
    ran = ccm("findings", "assign", ids[0], "--to", "NIGHT desk", "--by", "bo")
    assert f"{ids[0]}: assigned to Night desk by bo" in ran.err
    assert shown(ccm, ids[0])["finding"]["owner"]["names"] == ["Night desk"]
    assert listed(ccm, "--owner", "bo") is not None


def test_settings_decide_owners_and_due_dates(ccm, ids):
    """An entry of the settings comes before the source; a severity may never be due."""
    findings = listed(ccm)
    by_settings = {one["owner"]["source"] for one in findings if "critical" in rule(one)}
    assert by_settings <= {"settings"}
    assert {one["due_at"] for one in findings if one["severity"] == "low"} <= {None}


def rule(finding):
    """Return the most severe check of a finding."""
    return finding["checks"][0]["rule"].removeprefix("pagerduty_")[:8]
