"""Scopes of frameworks in the settings: shown, warned of, and never proven by a package."""

from __future__ import annotations

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


def test_a_scoped_control_is_not_proven_over_a_period(ccm, scope, vault_key):
    """A package says so, and verifies."""
    assert ccm("keys", "make").code == 0
    scope("{urgencies: [low]}")
    evaluation = ccm("evaluate", "--json").json
    year, name = evaluation["evaluated_at"][:4], "soc2:CC7.4"
    (control,) = ccm("assurance", "--period", year, "--control", name, "--json").json["controls"]
    assert any(gap["reason"].startswith("not proven: ") for gap in control["evidence_gaps"])
    assert control["conclusion"] == "evidence_incomplete"
    assert ccm("bundle", "--period", year, "--control", name, "-o", "out.zip").code == 0
    assert ccm("verify", "out.zip").code == 0
