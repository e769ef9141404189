"""``ccm frameworks``: what is covered, and what is not."""

from __future__ import annotations

import json
import shutil

import pytest

from ccm_core.frameworks.shipped import shipped_names


@pytest.fixture
def evaluated(finished_run, folder, monkeypatch):
    """Stand in a copy of the folder of a run."""
    shutil.copytree(finished_run[0], folder, dirs_exist_ok=True)
    monkeypatch.setenv("PD_KEY", "the-source-is-gone")
    return folder


def set_frameworks(folder, text):
    """Add what the settings say of frameworks."""
    settings = folder / "ccm.yaml"
    settings.write_text(settings.read_text() + f"\nframeworks:\n{text}")


def test_frameworks_are_listed_with_four_numbers(ccm, evaluated):
    """Those that the packs map to; each number is at most the one before."""
    listed = {one["framework"]: one for one in ccm("frameworks", "list", "--json").json}
    assert "soc2" in listed
    for one in listed.values():
        numbers = [one[name] for name in ("applicable", "mapped", "tested", "sufficient")]
        assert numbers == sorted(numbers, reverse=True)
        assert one["mapped"] > 0
    assert ccm("frameworks", "list").out.startswith("cis-v8.1\t")


def test_controls_without_a_check_are_shown(ccm, evaluated):
    """So that coverage has a denominator."""
    shown = ccm("frameworks", "show", "soc2", "--json").json
    assert len(shown["requirements"]) == shown["catalogued"] == 61
    by_id = {one["id"]: one for one in shown["requirements"]}
    assert by_id["CC1.1"]["level"] == "catalogued"
    assert by_id["CC7.4"]["checks"]
    text = ccm("frameworks", "show", "soc2")
    assert "  CC1.1  Integrity and ethical values are lived\n      no check\n" in text.out
    assert "…" not in text.out
    assert "\n      - failed: " in text.out
    assert f"of {shown['applicable']} requirements {shown['mapped']} mapped" in text.err
    mapped = ccm("frameworks", "show", "soc2", "--level", "catalogued", "--json").json
    assert len(mapped["requirements"]) == 61 - shown["mapped"]


def test_what_does_not_apply_is_stated_with_its_reason(ccm, evaluated):
    """And leaves the denominator."""
    set_frameworks(
        evaluated,
        "  - {name: soc2, owner: Dana Ito, not_applicable: {CC6.4: We own no buildings.}}\n",
    )
    (soc2,) = [one for one in ccm("frameworks", "list", "--json").json if one["title"][:3] == "SOC"]
    assert (soc2["catalogued"], soc2["applicable"]) == (61, 60)
    text = ccm("frameworks", "show", "soc2", "--level", "not_applicable").out
    assert "does not apply, Dana Ito\n      reason: We own no buildings." in text
    assert ccm("frameworks", "check").code == 0


def test_what_does_not_apply_although_its_checks_fail_is_warned_of(ccm, evaluated):
    """A statement hides no failure: it is named by the check of settings, and where it is shown."""
    shown = ccm("frameworks", "show", "soc2", "--json").json["requirements"]
    failing = {
        one["id"]: sorted({c["rule"] for c in one["checks"] if c["status"] == "fail"})
        for one in shown
    }
    name, rules = max(failing.items(), key=lambda pair: len(pair[1]))
    assert len(rules) > 1
    assert "warning" not in ccm("frameworks", "check").err
    set_frameworks(evaluated, f"  - {{name: soc2, not_applicable: {{{name}: We have none.}}}}\n")
    fail = f"{len(rules)} checks that support it fail: {', '.join(rules)}"
    ran = ccm("frameworks", "check")
    assert (ran.code, ran.out) == (0, "")
    assert f"warning: soc2 {name} does not apply by the settings, and {fail}\n" in ran.err
    text = ccm("frameworks", "show", "soc2", "--level", "not_applicable").out
    assert f"reason: We have none.\n      but {fail}\n" in text


def test_mistakes_about_frameworks_are_listed_together(ccm, evaluated):
    """Ids that do not exist, frameworks that nobody knows, files of another name."""
    (evaluated / "own.yaml").write_text("kind: Framework\n")
    set_frameworks(
        evaluated,
        "  - {name: soc2, owners: {CC99.9: x}, not_applicable: {CC1.11: none}}\n"
        "  - {name: soc3}\n"
        "  - {name: own, catalogue: own.yaml}\n",
    )
    ran = ccm("frameworks", "check")
    assert (ran.code, ran.out) == (2, "")
    assert 'unknown requirement of soc2 "CC99.9"' in ran.err
    assert 'unknown requirement of soc2 "CC1.11"' in ran.err
    assert 'unknown framework "soc3"; did you mean "soc2"?' in ran.err
    assert "own.yaml:1:1" in ran.err


PACK = """\
apiVersion: ccm/v1
kind: RulePack
metadata: {name: own, version: "1.0.0", title: Own}
rules:
  - id: own_rule
    title: Services have names
    status: test
    severity: low
    over: pagerduty.service
    assert: row.name != ''
    message: no name
    on_empty: not_applicable
    controls:
      - {framework: CONTROL}
"""


@pytest.mark.parametrize(
    ("control", "message"),
    [
        pytest.param("soc2, id: CC99.9", 'own.yaml:14:31: soc2 has no "CC99.9"', id="id"),
        pytest.param("soc3, id: CC1.1", 'unknown framework "soc3"; did you mean', id="framework"),
        pytest.param("house, id: '1'", "`ccm frameworks import` makes a catalogue", id="own"),
    ],
)
def test_a_mapping_that_no_catalogue_has_is_refused(ccm, evaluated, control, message):
    """When the pack is checked, and when it is used."""
    (evaluated / "own.yaml").write_text(PACK.replace("CONTROL", control))
    checked = ccm("rules", "check", "own.yaml")
    assert (checked.code, message in checked.err) == (2, True), checked.err
    settings = evaluated / "ccm.yaml"
    settings.write_text(settings.read_text().replace("packs: [", "packs: [own.yaml, "))
    assert (ccm("evaluate").code, ccm("frameworks", "check").code) == (2, 2)


def test_a_catalogue_of_ones_own_is_imported_and_mapped_to(ccm, evaluated):
    """From a table, with the texts shown where they are asked for."""
    (evaluated / "house.csv").write_text("id,title,text\n1,Names,Everything has a name.\n")
    imported = ccm("frameworks", "import", "house.csv", "--name", "house", "--title", "House")
    assert "house.yaml: 1 requirement, 1 with its text" in imported.err
    assert ccm("frameworks", "import", "house.csv", "--name", "house").code == 2
    set_frameworks(evaluated, "  - {name: house, catalogue: house.yaml}\n")
    (evaluated / "own.yaml").write_text(PACK.replace("CONTROL", "house, id: '1'"))
    settings = evaluated / "ccm.yaml"
    settings.write_text(settings.read_text().replace("packs: [", "packs: [own.yaml, "))

    assert ccm("evaluate").code in {0, 1, 3}
    shown = ccm("frameworks", "show", "house", "--text").out
    assert "| Everything has a name." in shown
    assert "\n      - passed: own_rule (intersects 1)\n" in shown
    assert "\n\nall\n  1  Names\n" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["show", "soc3"], 'did you mean "soc2"?', id="unknown"),
        pytest.param(["import", "none.csv", "--name", "x"], "none.csv", id="no-file"),
        pytest.param(["import", "ccm.yaml", "--name", "X!"], "--name 'X!'", id="name"),
    ],
)
def test_mistakes_in_arguments_are_refused(ccm, evaluated, arguments, message):
    """With exit code 2."""
    ran = ccm("frameworks", *arguments)
    assert (ran.code, ran.out, message in ran.err) == (2, "", True), ran.err


def test_every_shipped_mapping_is_in_a_shipped_catalogue(ccm, evaluated):
    """Of all packs that are installed."""
    assert ccm("rules", "check").code == 0
    listed = json.loads(ccm("rules", "list", "--json").out)
    frameworks = {c["framework"] for one in listed for c in one["rule"]["controls"]}
    assert frameworks <= {*shipped_names()}
