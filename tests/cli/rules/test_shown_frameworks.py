"""The frameworks that the settings show narrow the papers of a period, in their order."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def shows(evaluated, folder):
    """Set which frameworks are shown, and check the health of monitoring too."""

    def shows(*names):
        path, packs = folder / "ccm.yaml", "pagerduty-access, pagerduty-collection"
        head = path.read_text().partition("rules: ")[0]
        path.write_text(f"{head}rules: {{packs: [{packs}], frameworks: [{', '.join(names)}]}}\n")

    return shows


def test_papers_of_a_period_are_about_the_frameworks_that_are_shown(ccm, shows, folder):
    """In their order; what is not shown is named."""
    shows("soc2", "iso27001-2022")
    year = ccm("evaluate", "--json").json["evaluated_at"][:4]
    document = ccm("assurance", "--period", year, "--json").json
    names = [control["framework"] for control in document["controls"]]
    assert list(dict.fromkeys(names)) == ["soc2", "iso27001-2022"]
    assert "not shown, as rules.frameworks" in ccm("assurance", "--period", year).out
    asked = ("assurance", "--period", year, "--control", "nist-800-53-r5:CA-7", "--json")
    assert len(ccm(*asked).json["controls"]) == 1, "what is asked for is shown"
    for form in ("html", "markdown", "json"):
        assert ccm("report", "--period", year, "--format", form, "-o", f"p.{form}").code == 0
        assert "nist-800-53-r5 (" in (folder / f"p.{form}").read_text()


def test_health_of_monitoring_is_apart_in_papers_of_a_period(ccm, shows, folder):
    """In every format, with its own headline."""
    shows("soc2")
    year = ccm("evaluate", "--json").json["evaluated_at"][:4]
    for form in ("html", "markdown", "json"):
        assert ccm("report", "--period", year, "--format", form, "-o", f"p.{form}").code == 0
        assert "Health of monitoring: " in (folder / f"p.{form}").read_text()
    report = json.loads((folder / "p.json").read_text())
    of_monitoring = [
        control
        for control in report["assurance"]["controls"]
        if all(test["monitoring"] for test in control["tests"])
    ]
    assert {control["id"] for control in of_monitoring} >= {"CC4.1"}
    company = len(report["assurance"]["controls"]) - len(of_monitoring)
    assert report["headline"].startswith(f"{company} controls")
    lines = ccm("assurance", "--period", year).out.splitlines()
    begins = lines.index("Health of monitoring, apart from the company's controls")
    assert any(line.startswith("soc2:CC4.1: ") for line in lines[begins:])
    assert not any(line.startswith("soc2:CC4.1: ") for line in lines[:begins])
