"""``ccm findings accept``, ``refuse``, ``withdraw`` and ``acceptances``: risks for a time."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest


def test_an_acceptance_counts_once_its_approver_has_signed_it(firm):
    """Asked for, approved, evaluated: then all failing checks of the finding are covered."""
    finding = max(firm.failing(), key=lambda one: len(one["checks"]))
    name = finding["id"]

    asked = firm.accept(name, by="mia")
    assert asked.code == 0, asked.err
    assert f"{name}  {finding['severity']}" in asked.out
    assert "covers 1 of" in asked.out
    assert "covers nothing else" in asked.out
    assert "names it now: rules.waivers" in asked.out
    assert firm.state(name) == "acceptance_asked"
    note = f"waiver {firm.entry()}: it does not count: otto has not approved it"
    assert any(text.startswith(note) for text in firm.evaluated()["waiver_notes"])
    assert firm.state(name) == "acceptance_asked"

    approved = firm.approve(name[:14])
    assert approved.code == 0, approved.err
    evaluation = firm.evaluated()
    assert firm.state(name) == "accepted"
    assert evaluation["waiver_notes"] == []
    covered = {
        result["rule"]
        for rule in evaluation["rules"]
        for result in rule["results"]
        if result["waiver"] == firm.entry()
    }
    assert covered == {check["rule"] for check in finding["checks"]}
    assert firm.acts(name) == [("acceptance_asked", "mia"), ("acceptance_approved", "otto")]
    assert firm.ccm("evaluate", "--reproduce").code in {1, 3}
    assert firm.ccm("verify").code != 5


def test_an_acceptance_of_a_cause_covers_no_other_finding_of_the_check(firm):
    """The same check on another resource stays open."""
    first, second = [
        one for one in firm.failing() if one["checks"][0]["rule"] == rule_of_many(firm)
    ][:2]
    firm.accept(first["id"])
    firm.approve(first["id"])
    firm.evaluated()

    assert (firm.state(first["id"]), firm.state(second["id"])) == ("accepted", "open")


def rule_of_many(firm) -> str:
    """Return a check that fails on several resources."""
    rules = [one["checks"][0]["rule"] for one in firm.failing()]
    return max(rules, key=rules.count)


@pytest.mark.parametrize(
    ("scope", "later"),
    [
        pytest.param("resource", "covers whatever fails these checks on ", id="resource"),
        pytest.param("rule", "on any resource of pagerduty-test, also on new ones", id="rule"),
    ],
)
def test_a_wider_scope_says_what_it_covers_now_and_later(firm, scope, later):
    """As many findings as are accepted then, and what nobody knows yet."""
    finding = next(one for one in firm.failing() if one["checks"][0]["rule"] == rule_of_many(firm))
    asked = firm.accept(finding["id"], scope=scope, many=scope == "rule")
    (number,) = re.findall(r"covers (\d+) of", asked.out)
    assert later in asked.out
    assert firm.approve(finding["id"]).code == 0
    firm.evaluated()

    listed = firm.ccm("findings", "list", "--state", "accepted", "--output", "json").json
    assert len(listed["findings"]) == int(number)
    assert (int(number) > 1) is (scope == "rule")


def test_the_waivers_file_keeps_comments_and_order(firm):
    """Entries and comments of people stay as they are."""
    firm.waivers.write_text(
        "# Decided by the risk committee.\napiVersion: ccm/v1\nkind: Waivers\nwaivers:\n"
        "  - id: W-1 # the first\n    rules: [gone]\n    reason: x\n    owner: mia\n"
        "    approver: otto\n    created: 2026-01-01T00:00:00Z\n    expires: 2026-02-01T00:00:00Z\n"
        "\n# The end.\n"
    )
    firm.settings.write_text(
        firm.settings.read_text().replace("rules: {packs", "rules: {waivers: waivers.yaml, packs")
    )
    before, name = firm.waivers.read_text(), firm.failing()[0]["id"]

    assert firm.accept(name, id="W-2").code == 0
    assert firm.approve("W-2").code == 0
    text = firm.waivers.read_text()
    assert [line for line in before.splitlines() if line not in text] == []
    assert text.index("id: W-1") < text.index("id: W-2") < text.index("approval: {by: otto")
    assert firm.ccm("findings", "withdraw", "W-2", "--reason", "repaired").code == 0
    assert firm.waivers.read_text() == before


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({"reason": " ... "}, "expected why the risk is accepted", id="no-reason"),
        pytest.param({"owner": "ada"}, '--owner: unknown person "ada"', id="unknown-owner"),
        pytest.param({"approver": "ada"}, '--approver: unknown person "ada"', id="unknown-person"),
        pytest.param({"approver": "mia"}, "is the owner, mia", id="its-owner"),
        pytest.param({"approver": "Mia  BERG"}, "is the owner, mia", id="its-owner-by-name"),
        pytest.param({"approver": "MIA@example.com"}, "is the owner, mia", id="by-address"),
        pytest.param({"approver": "eva"}, "has neither ssh_keys nor oidc", id="without-a-key"),
        pytest.param({"until": "2026-01-31"}, "has passed", id="past"),
        pytest.param({"until": "2199-01-01"}, "more than 366 days ahead", id="far"),
        pytest.param({"until": "never"}, "an acceptance has an end", id="never"),
        pytest.param({"until": ""}, "an acceptance has an end", id="no-end"),
        pytest.param({"until": "2027-02-30"}, "expected the last day", id="no-day"),
        pytest.param({"id": "no blanks"}, "--id 'no blanks'", id="odd-id"),
        pytest.param({"by": "ada"}, 'unknown person "ada"', id="unknown-actor"),
    ],
)
def test_what_nobody_may_accept_so_is_refused(firm, options, expected):
    """With what was got and expected; nothing is written, neither to files nor to the ledger."""
    name, settings = firm.failing()[0]["id"], firm.settings.read_text()

    refused = firm.accept(name, **options)

    assert refused.code == 2
    assert expected in refused.err
    assert not firm.waivers.exists()
    assert firm.settings.read_text() == settings
    assert firm.acts(name) == []


def test_all_mistakes_of_a_request_are_told_at_once(firm):
    """Reason, owner, approver and end."""
    refused = firm.accept(
        firm.failing()[0]["id"], reason="-", owner="a", approver="b", until="1999-01-01"
    )

    assert len(refused.err.strip().splitlines()) == 4


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(["*"], "no finding '*'", id="everything"),
        pytest.param([""], "no finding ''", id="nothing"),
        pytest.param(["zzzzzz"], "no finding 'zzzzzz'", id="unknown"),
    ],
)
def test_an_acceptance_names_findings(firm, names, expected):
    """Neither all, nor none, nor one that is not there."""
    refused = firm.accept(*names)

    assert (refused.code, firm.waivers.exists()) == (2, False)
    assert expected in refused.err


def test_an_ambiguous_id_is_refused(firm):
    """The message has the ids that it may be."""
    ids = sorted(one["id"] for one in firm.failing())
    prefix = next(a[:6] for a, b in pairwise(ids) if a[:6] == b[:6])

    assert f"'{prefix}' may be " in firm.accept(prefix).err


def test_an_acceptance_of_all_that_fails_is_refused(firm):
    """Accepting everything is accepting nothing in particular."""
    listed = firm.ccm("findings", "list", "--output", "json").json["findings"]
    open_ones = [one["id"] for one in listed if one["state"] == "open"]

    refused = firm.accept(*open_ones)

    assert refused.code == 2
    assert f"it would cover all {len(open_ones):,} findings that are open" in refused.err


def test_what_does_not_fail_is_not_accepted(firm):
    """A finding whose check is evaluated no more has nothing to accept."""
    firm.settings.write_text(
        re.sub(r"packs: \[[^\]]*\]", "packs: [pagerduty-access]", firm.settings.read_text())
    )
    firm.evaluated()
    listed = firm.ccm("findings", "list", "--all", "--output", "json").json["findings"]
    closed = next(one["id"] for one in listed if one["state"] not in {"open", "accepted"})

    refused = firm.accept(closed)

    assert refused.code == 2
    assert "nothing fails that could be accepted" in refused.err


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("retired in March", "retired in June", "it was changed", id="reason"),
        pytest.param('expires: "20', 'expires: "19', "", id="an-end-before-it-begins"),
        pytest.param("approver: otto", "approver: eva", "it names eva", id="approver"),
        pytest.param("owner: mia", "owner: eva", "it was changed", id="owner"),
        pytest.param("SSH SIGNATURE-----\\nU1", "SSH SIGNATURE-----\\nV1", "", id="garbage"),
    ],
)
def test_what_is_edited_after_its_approval_does_not_count(firm, old, new, expected):
    """The finding is open again, and the list says why; a file with mistakes stops the command."""
    name = firm.failing()[0]["id"]
    firm.accept(name)
    firm.approve(name)
    text = firm.waivers.read_text()
    assert old in text
    firm.waivers.write_text(text.replace(old, new))

    ran = firm.ccm("evaluate", "--json")

    if ran.code == 2:
        assert "waivers.yaml:" in ran.err
        return
    assert firm.state(name) == "open"
    shown = firm.ccm("findings", "list").err + firm.ccm("findings", "show", name).err
    assert f"risk acceptance {firm.entry()} does not count: " in shown
    assert expected in shown
    listed = firm.ccm("findings", "acceptances", "--json").json
    assert [one["state"] for one in listed] == ["does not count"]


def test_an_approver_who_left_approves_nothing_any_more(firm):
    """Removed from the settings, what they approved is open."""
    name = firm.failing()[0]["id"]
    firm.accept(name)
    firm.approve(name)
    firm.evaluated()
    assert firm.state(name) == "accepted"
    lines = firm.settings.read_text().splitlines()
    firm.settings.write_text("\n".join(line for line in lines if "id: otto" not in line))

    notes = firm.evaluated()["waiver_notes"]

    assert firm.state(name) == "open"
    assert any("its approver otto is not in `people`" in note for note in notes)


@pytest.mark.parametrize(
    ("verb", "kind"), [("refuse", "acceptance_refused"), ("withdraw", "acceptance_withdrawn")]
)
def test_an_acceptance_that_ends_early_leaves_the_file_and_stays_in_the_ledger(firm, verb, kind):
    """Refused before it was approved, or withdrawn."""
    name = firm.failing()[0]["id"]
    firm.accept(name, by="mia")

    ended = firm.ccm("findings", verb, name, "--reason", "Not in this year.", "--by", "otto")

    assert ended.code == 0, ended.err
    assert "waivers: []" in firm.waivers.read_text()
    assert firm.acts(name) == [("acceptance_asked", "mia"), (kind, "otto")]
    assert firm.state(name) == "open"


def test_what_is_approved_is_withdrawn_and_not_refused(firm):
    """And is open from the next evaluation on."""
    name = firm.failing()[0]["id"]
    firm.accept(name)
    firm.approve(name)
    firm.evaluated()
    refused = firm.ccm("findings", "refuse", name, "--reason", "No.")
    assert (refused.code, "approved already" in refused.err) == (2, True)

    assert firm.ccm("findings", "withdraw", name, "--reason", "Repaired.").code == 0
    firm.evaluated()
    assert firm.state(name) == "open"


def test_what_the_settings_accept_without_a_signature_narrows_the_evaluation(firm):
    """It counts, and every report says so."""
    name = firm.failing()[0]["id"]
    firm.accept(name)
    text = firm.settings.read_text()
    firm.settings.write_text(text.replace("rules: {", "rules: {unsigned_waivers: accept, "))

    evaluation = firm.evaluated()

    assert firm.state(name) == "accepted"
    assert any(
        "rules.unsigned_waivers is accept: risk acceptances" in text and firm.entry() in text
        for text in evaluation["narrowing"]
    )
    (listed,) = firm.ccm("findings", "acceptances", "--json").json
    assert listed["state"] == "in force without a signature"
