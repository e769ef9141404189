"""``ccm rules``: what an author of rules needs."""

from __future__ import annotations

import json

import jsonschema
import pytest

DRAFT = """\
apiVersion: ccm/v1
kind: RulePack
metadata: {name: our-services, version: 1.0.0, title: Our services}
parameters:
  most_members: {type: integer, default: 0, description: Members a team may have}
rules:
  - id: our_team_is_small
    title: Teams are small
    status: test
    severity: low
    over: pagerduty.team_ownership
    assert: row.member_count <= params.most_members
    message: "{row.title} has {row.member_count} members"
    on_empty: not_applicable
    tests:
      - {name: small, rows: [{title: A, member_count: 0}], expect: pass}
      - {name: large, rows: [{title: A, member_count: 9}], expect: fail}
"""


@pytest.fixture
def drafts(folder):
    """Two versions of a pack, as files."""
    (folder / "one.yaml").write_text(DRAFT)
    (folder / "two.yaml").write_text(DRAFT.replace("default: 0", "default: 99"))
    return folder


@pytest.fixture
def collected(ccm, connected, drafts):
    """Evidence of the simulated account."""
    ccm("collect")
    return drafts


def test_rules_preview_evaluates_a_draft_and_keeps_nothing(ccm, collected):
    """Its verdict is that of the kept evidence; there is no evaluation afterwards."""
    ran = ccm("rules", "preview", "one.yaml", "--json")
    (rule,) = ran.json["rules"]

    assert (ran.code, rule["status"]) == (1, "fail")
    assert ccm("rules", "preview", "two.yaml").out.startswith("1 passed")
    assert ccm("report").code == 2  # nothing was kept


def test_rules_diff_compares_two_versions_of_a_pack(ccm, collected):
    """What would be different, subject by subject; exit code 1 where something would."""
    ran = ccm("rules", "diff", "one.yaml", "two.yaml")

    assert ran.code == 1
    assert "our-services: parameter most_members: 0 -> 99" in ran.out
    assert "our_team_is_small: fail -> pass" in ran.out
    assert "]: fail -> pass: Teams are small" in ran.out
    same = ccm("rules", "diff", "one.yaml", "one.yaml")
    assert (same.code, same.out) == (0, "")
    assert ccm("rules", "diff", "one.yaml", "one.yaml", "--json").json["rules"] == []


def test_evaluate_with_other_packs_keeps_nothing(ccm, collected):
    """What they would say, or only what they would change; nothing is kept."""
    ran = ccm("evaluate", "--packs", "two.yaml", "--json")
    assert [one["rule"] for one in ran.json["rules"]] == ["our_team_is_small"]
    ran = ccm("evaluate", "--packs", "two.yaml", "--diff", "--json")
    statuses = {one["rule"]: (one["before"], one["after"]) for one in ran.json["rules"]}
    assert statuses.pop("our_team_is_small") == (None, "pass")
    assert {after for _, after in statuses.values()} == {None}
    assert ccm("report").code == 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["evaluate", "--diff"], "--diff needs --packs", id="diff-of-nothing"),
        pytest.param(
            ["evaluate", "--packs", "one.yaml", "--reproduce"],
            "leave out --packs",
            id="reproduce-others",
        ),
        pytest.param(["rules", "preview", "gone.yaml"], "gone.yaml", id="no-such-file"),
        pytest.param(["rules", "preview"], "Missing argument", id="nothing-to-preview"),
        pytest.param(
            ["rules", "list", "--controls", "soc"], 'did you mean "soc2"?', id="no-framework"
        ),
    ],
)
def test_mistakes_in_rules_arguments_are_reported(ccm, connected, drafts, arguments, expected):
    """With exit code 2 and nothing on standard output."""
    ccm("collect")
    ran = ccm(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert expected in ran.err


@pytest.mark.slow
@pytest.mark.no_cover
def test_shipped_packs_survive_mutation(ccm, folder):
    """Neither by their tests nor, elsewhere, by the evidence."""
    ran = ccm("rules", "mutate", "--json")
    assert ran.code == 0
    assert len(ran.json) > 1000
    assert [one for one in ran.json if one["false_pass"]] == []


@pytest.mark.slow
@pytest.mark.no_cover
def test_removed_evidence_lets_no_shipped_rule_pass(ccm, connected):
    """Pages lost, kinds denied and stale, fields no longer sent: views and rules together."""
    ccm("collect")
    ran = ccm("rules", "mutate", "--evidence", "--json")
    assert (ran.code, ran.json) == (0, [])


def test_rules_mutate_finds_a_rule_that_passes_without_evidence(ccm, collected):
    """A field that is no longer sent makes it pass."""
    lying = DRAFT.split("    tests:", maxsplit=1)[0]
    for old, new in (
        ("pagerduty.team_ownership", "pagerduty.service"),
        ("row.member_count <= params.most_members", '"!has(row.status)"'),
        ("{row.title} has {row.member_count} members", "x"),
    ):
        assert old in lying
        lying = lying.replace(old, new)
    (collected / "lying.yaml").write_text(lying)
    ran = ccm("rules", "mutate", "--evidence", "lying.yaml", "--json")
    assert ran.code == 1
    assert {one["mutation"] for one in ran.json} == {"pagerduty.service without status"}


def test_rules_list_shows_the_controls_of_a_framework(ccm, folder):
    """Each control with the rules that support it, and why."""
    rows = ccm("rules", "list", "--controls", "soc2", "--json").json
    assert {one["control"] for one in rows} >= {"CC6.3", "CC7.4"}
    assert all(one["why"] for one in rows)
    table = ccm("rules", "list", "--controls", "soc2")
    manual = {(one["control"], text) for one in rows for text in one["manual_procedures"]}
    assert len(table.out.splitlines()) == len(rows) + len(manual)
    assert table.out.count("\tmanual procedure\t") == len(manual) > 0
    assert "controls of soc2 have rules" in table.err
    assert "partly automated" in table.err


def test_a_control_without_stated_automation_is_not_counted_as_full(ccm, folder):
    """Automation is called not stated, and the table has a row for manual procedures."""
    pack = DRAFT.replace("    on_empty", "    controls: [{framework: own, id: X}]\n    on_empty")
    (folder / "own.yaml").write_text(pack)
    ran = ccm("rules", "list", "own.yaml", "--controls", "own")
    assert ran.out.splitlines()[-1].split("\t") == ["X", "manual procedure", "", "not stated"]
    assert "1 controls of own have rules: 1 extent of automation not stated" in ran.err


def test_rules_schema_lists_installed_kinds_and_views(ccm, folder, drafts):
    """An editor offers kinds and views by name, and a pack that is well satisfies it."""
    pack_schema = ccm("rules", "schema").json
    names = pack_schema["$defs"]["source"]["enum"]

    assert {"pagerduty.service", "pagerduty.team_ownership"} <= set(names)
    jsonschema.Draft202012Validator.check_schema(pack_schema)
    (one,) = ccm("rules", "list", "one.yaml", "--json").json
    assert one["rule"]["over"] in names
    assert json.dumps(pack_schema)
