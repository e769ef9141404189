"""``ccm findings accept``, ``approve``, ``refuse`` and ``withdraw``: risks accepted for a time."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey


def entry_of(firm) -> str:
    """Return the id of the only acceptance."""
    (name,) = re.findall(r"- id: (\S+)", firm.waivers.read_text())
    return name


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
    note = f"waiver {entry_of(firm)}: it does not count: otto has not approved it"
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
        if result["waiver"] == entry_of(firm)
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
    asked = firm.accept(finding["id"], scope=scope)
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
    assert f"risk acceptance {entry_of(firm)} does not count: " in shown
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
    ("name", "expected"),
    [
        pytest.param("mia", "which is not one of otto", id="its-owner"),
        pytest.param("stranger", "which is not one of otto", id="a-stranger"),
    ],
)
def test_a_signature_of_somebody_else_is_not_written(firm, name, expected):
    """Neither the file nor the ledger has it."""
    finding = firm.failing()[0]["id"]
    firm.accept(finding)

    refused = firm.approve(finding, by=name)

    assert refused.code == 2
    assert expected in refused.err
    assert "approval" not in firm.waivers.read_text()
    assert [kind for kind, _ in firm.acts(finding)] == ["acceptance_asked"]


def test_what_was_printed_is_signed_on_another_machine(firm, make_key):
    """The statement goes there, its signature comes back; line ends may have been changed."""
    name = firm.failing()[0]["id"]
    firm.accept(name)
    entry = entry_of(firm)
    statement = firm.ccm("findings", "approve", name, "--print").out
    (firm.folder / "ra.json").write_text(statement)
    signed = make_key("otto").sign(statement.encode(), "ccm-approval@ccm-core")
    (firm.folder / "ra.json.sig").write_text(signed.replace("\n", "\r\n"))

    approved = firm.ccm("findings", "approve", entry, "--signature", "ra.json.sig")

    assert approved.code == 0, approved.err
    firm.evaluated()
    assert firm.state(name) == "accepted"
    again = firm.approve(entry)
    assert (again.code, "is approved already, by otto" in again.err) == (2, True)


@pytest.mark.parametrize(
    ("signature", "statement", "expected"),
    [
        pytest.param("hello", None, "its signature cannot be read", id="garbage"),
        pytest.param("x" * 100_000, None, "its signature cannot be read", id="huge"),
        pytest.param(None, None, "ra.json.sig cannot be read", id="no-file"),
        pytest.param("of another text", None, "does not fit it", id="of-another-text"),
        pytest.param("right", "{}", "it is not what --print writes", id="another-statement"),
        pytest.param("right", "", "it is not what --print writes", id="empty-statement"),
        pytest.param("right", "edited", "(reason)", id="statement-edited"),
    ],
)
def test_a_signature_that_does_not_fit_is_not_written(
    firm, make_key, signature, statement, expected
):
    """Truncated, of something else, or over a text that is not the entry."""
    name = firm.failing()[0]["id"]
    firm.accept(name)
    text = firm.ccm("findings", "approve", name, "--print").out
    key, space = make_key("otto"), "ccm-approval@ccm-core"
    signatures = {
        "right": key.sign(text.encode(), space),
        "of another text": key.sign(b"something else", space),
    }
    statements = {None: text, "edited": text.replace("March", "May")}
    (firm.folder / "ra.json").write_text(statements.get(statement, statement))
    if signature is not None:
        (firm.folder / "ra.json.sig").write_text(signatures.get(signature, signature))

    refused = firm.ccm("findings", "approve", name, "--signature", "ra.json.sig")

    assert refused.code == 2
    assert expected in refused.err
    assert "approval" not in firm.waivers.read_text()


def test_an_entry_that_changed_since_it_was_printed_is_not_approved(firm, make_key):
    """The approver signed another text than what stands in the file."""
    name = firm.failing()[0]["id"]
    firm.accept(name)
    text = firm.ccm("findings", "approve", name, "--print").out
    (firm.folder / "ra.json").write_text(text)
    signed = make_key("otto").sign(text.encode(), "ccm-approval@ccm-core")
    (firm.folder / "ra.json.sig").write_text(signed)
    firm.waivers.write_text(firm.waivers.read_text().replace("March", "June"))

    refused = firm.ccm("findings", "approve", name, "--signature", "ra.json.sig")

    assert refused.code == 2
    assert "was changed since this was printed (reason)" in refused.err


def test_a_key_with_a_passphrase_and_no_terminal_says_what_to_do(firm, make_key):
    """Nothing hangs."""
    name = firm.failing()[0]["id"]
    firm.accept(name)
    key = make_key("locked", passphrase="a long sentence")

    refused = firm.ccm("findings", "approve", name, "--key", str(key.path))

    assert refused.code == 2
    assert "There is no terminal to ask for the passphrase at" in refused.err
    assert "--agent" in refused.err


def test_without_ssh_keygen_the_message_says_how_to_sign_elsewhere(firm, monkeypatch):
    """It is not on every machine."""
    name = firm.failing()[0]["id"]
    firm.accept(name)
    monkeypatch.setenv("PATH", str(firm.folder))

    refused = firm.approve(name)

    assert refused.code == 2
    assert "ssh-keygen is not installed" in refused.err
    assert "--print" in refused.err


def test_without_an_agent_or_a_key_the_message_says_what_to_name(firm):
    """The agent is the default."""
    name = firm.failing()[0]["id"]
    firm.accept(name)

    refused = firm.ccm("findings", "approve", name)

    assert (refused.code, "name the private key with --key" in refused.err) == (2, True)
    missing = firm.ccm("findings", "approve", name, "--key", "nowhere")
    assert "no key nowhere" in missing.err


def test_the_agent_signs_with_the_approvers_key(firm, ssh_agent, make_key):
    """Whichever of its keys is the approver's."""
    name = firm.failing()[0]["id"]
    firm.accept(name)
    ssh_agent(make_key("mia"))
    refused = firm.ccm("findings", "approve", name, "--agent")
    assert "the SSH agent has no key of the approver" in refused.err
    ssh_agent(make_key("otto"))

    assert firm.ccm("findings", "approve", name).code == 0


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
        "rules.unsigned_waivers is accept: risk acceptances" in text and entry_of(firm) in text
        for text in evaluation["narrowing"]
    )
    (listed,) = firm.ccm("findings", "acceptances", "--json").json
    assert listed["state"] == "in force without a signature"


def test_an_id_token_of_the_approver_approves(firm):
    """What is printed names the nonce; the token that has it is brought back with it."""
    key = ECKey.generate_key("P-256", {"kid": "1"})
    keys = {"keys": [key.as_dict(private=False)]}
    (firm.folder / "keys.json").write_text(json.dumps(keys))
    firm.settings.write_text(
        firm.settings.read_text().replace(
            "{id: eva, ", "{id: eva, oidc: [{issuer: 'https://login.example', subject: s-eva}], "
        )
        + "identity_providers:\n"
        "  - {issuer: 'https://login.example', audience: ccm, jwks: keys.json}\n"
    )
    name = firm.failing()[0]["id"]
    firm.accept(name, approver="eva")
    printed = firm.ccm("findings", "approve", name, "--print", "--oidc")
    (nonce,) = re.findall(r"nonce (sha256:\w+)", printed.err)
    (firm.folder / "ra.json").write_text(printed.out)
    claims = {
        "iss": "https://login.example",
        "aud": "ccm",
        "nonce": nonce,
        "iat": int(datetime.now(UTC).timestamp()),
    }
    results = {}
    for subject in ("s-mia", "s-eva"):
        token = jwt.encode({"alg": "ES256", "kid": "1"}, claims | {"sub": subject}, key)
        (firm.folder / "token").write_text(f"{token}\n")
        results[subject] = firm.ccm(
            "findings", "approve", name, "--id-token", "token", "--statement", "ra.json"
        )

    assert results["s-mia"].code == 2
    assert "its subject is 's-mia'; expected 's-eva'" in results["s-mia"].err
    assert results["s-eva"].code == 0, results["s-eva"].err
    firm.evaluated()
    assert firm.state(name) == "accepted"


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--agent", "--print"], id="two-ways"),
        pytest.param(["--statement", "x"], id="a-statement-alone"),
        pytest.param(["--id-token", "x"], id="a-token-alone"),
        pytest.param(["--oidc"], id="oidc-without-print"),
    ],
)
def test_options_that_contradict_each_other_are_refused(firm, options):
    """With the usage."""
    assert firm.ccm("findings", "approve", "W-1", *options).code == 2


@pytest.mark.parametrize(
    ("meanwhile", "expected"),
    [
        pytest.param(
            '{python} -m ccm_core findings comment {finding} "Wait." --by mia >&2',
            "mia",
            id="somebody-comments-on-the-finding",
        ),
        pytest.param(
            "sed -i s/March/June/ waivers.yaml", "changed while it was signed", id="entry-edited"
        ),
        pytest.param("rm waivers.yaml", "no risk acceptance", id="file-removed"),
    ],
)
def test_what_happens_while_the_approver_signs_is_noticed(firm, monkeypatch, meanwhile, expected):
    """The second of two people is told, and nothing of theirs is written."""
    name = firm.failing()[0]["id"]
    firm.accept(name)
    program = firm.folder / "bin" / "ssh-keygen"
    program.parent.mkdir()
    command = meanwhile.format(python=sys.executable, finding=name)
    program.write_text(f'#!/bin/sh\n{command}\nexec {shutil.which("ssh-keygen")} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    refused = firm.approve(name)

    assert refused.code == 2
    assert expected in refused.err
    assert "acceptance_approved" not in dict(firm.acts(name))
    assert not firm.waivers.exists() or "approval" not in firm.waivers.read_text()
