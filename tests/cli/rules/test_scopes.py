"""Scopes of frameworks in the settings: shown, warned of, and concluded on over a period."""

from __future__ import annotations

import json
from zipfile import ZipFile

import pytest


@pytest.fixture
def scope(evaluated, folder):
    """Set the scope of soc2."""

    def scope(text):
        path = folder / "ccm.yaml"
        path.write_text(f"{path.read_text()}\nframeworks: [{{name: soc2, scope: {text}}}]\n")

    return scope


def test_a_scope_is_shown_wherever_its_controls_are(ccm, scope, folder):
    """What is outside is counted, in every report."""
    incident = ccm("views", "show", "pagerduty.incident_response").lines[0]
    scope(f"{{services: [{incident['body']['service']['id']}]}}")
    evaluation = ccm("evaluate", "--json").json
    scopes = {f"{c['framework']}:{c['id']}": c["scope"] for c in evaluation["controls"]}
    assert {name for name, one in scopes.items() if one} == {
        name for name in scopes if name.startswith("soc2:")
    }
    assert any(one["outside"] for one in scopes.values() if one)
    for form in ("text", "markdown", "html", "json"):
        assert ccm("report", "--format", form, "-o", f"out.{form}").code == 0
        words = " ".join((folder / f"out.{form}").read_text().split())
        assert "outside the scope of soc2: " in words
    assert "warning: the scope" not in ccm("frameworks", "check").err
    again = ccm("evaluate", "--reproduce", "--json")
    assert again.json["controls"] == evaluation["controls"]
    assert "no change was found" in ccm("verify", "--reevaluate", "100%").out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{urgencies: [none]}", "warning: the scope of soc2 matches nothing"),
        ("{urgencies: ['*']}", "warning: the scope of soc2 leaves nothing out"),
    ],
)
def test_a_scope_of_nothing_or_everything_is_warned_of(ccm, scope, folder, text, expected):
    """By the check of frameworks, and in the report."""
    scope(text)
    ccm("evaluate")
    assert expected in ccm("frameworks", "check").err
    assert ccm("report", "--format", "text", "-o", "out.txt").code == 0
    words = " ".join((folder / "out.txt").read_text().split())
    assert expected.removeprefix("warning: ") in words


def _year_of_two_evaluations(ccm, folder, before, after):
    """Evaluate in two scopes of soc2; return the year, and the time of the second evaluation."""
    path, own = folder / "ccm.yaml", (folder / "ccm.yaml").read_text()
    for text in (before, after):
        path.write_text(f"{own}\nframeworks: [{{name: soc2, scope: {text}}}]\n")
        evaluation = ccm("evaluate", "--json").json
    return evaluation["evaluated_at"][:4], evaluation


NAME = "soc2:CC7.4"


def test_a_scoped_control_is_concluded_over_a_period(ccm, scope, vault_key, folder):
    """Its items are those in scope, its scope is named, and a package proves the same."""
    assert ccm("keys", "make").code == 0
    whole = ccm("evaluate", "--json").json
    year = whole["evaluated_at"][:4]
    (before,) = ccm("assurance", "--period", year, "--control", NAME, "--json").json["controls"]
    scope("{urgencies: [low]}")
    ccm("evaluate")
    document = ccm("assurance", "--period", year, "--control", NAME, "--json").json
    (control,), (found,) = document["controls"], document["scopes"]
    assert not any("scope" in gap["reason"] for gap in control["evidence_gaps"])
    assert control["items"] + control["items_outside"] >= before["items"] > control["items_outside"]
    assert [one["scope"] for one in found["stated"]][-1] == "urgency low"
    assert ccm("bundle", "--period", year, "--control", NAME, "-o", "out.zip").code == 0
    assert ccm("verify", "out.zip").code == 0
    with ZipFile(folder / "out.zip") as package:
        proven = json.loads(package.read("assurance.json"))
        assert proven["scopes"] == document["scopes"]
        for part in ("tests", "items", "items_failed", "items_outside", "exceptions"):
            assert proven["controls"][0][part] == control[part], part
        assert "urgency low" in package.read("pages/period.html").decode()


def test_a_changed_scope_is_a_change_of_the_period(ccm, scope, folder, evaluated):
    """With what it named before and after."""
    year, _ = _year_of_two_evaluations(ccm, folder, "{urgencies: [low]}", "{urgencies: [high]}")
    report = ccm("report", "--period", year, "--format", "json", "-o", "out.json")
    assert report.code == 0
    changes = json.loads((folder / "out.json").read_text())["basis"]["design_changes"]
    scopes = [(c["name"], c["before"], c["after"]) for c in changes if c["what"] == "scope"]
    assert scopes == [
        ("soc2", "", "urgency low"),
        ("soc2", "urgency low", "urgency high"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{urgencies: [none]}", "the scope of soc2 matches nothing"),
        ("{urgencies: ['*']}", "the scope of soc2 leaves nothing out"),
    ],
)
def test_a_useless_scope_is_said_over_a_period(ccm, scope, folder, text, expected):
    """By the check of the settings, by the assurance, and in every period report."""
    scope(text)
    year = ccm("evaluate", "--json").json["evaluated_at"][:4]
    assert expected in ccm("check").out
    assert expected in ccm("assurance", "--period", year).out
    for form in ("html", "markdown"):
        assert ccm("report", "--period", year, "--format", form, "-o", f"p.{form}").code == 0
        words = " ".join((folder / f"p.{form}").read_text().split())
        assert expected in words
