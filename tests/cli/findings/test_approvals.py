"""``ccm findings approve``: by a key, an agent, a signature made elsewhere, or an ID token."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from datetime import UTC, datetime

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey


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
    entry = firm.entry()
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
