"""Two accounts, two keys: what commands make of a key that opens the other account."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from cli_settings import SMALL
from pagerduty_simulator import build_account
from pagerduty_simulator.api.credentials import SimulatedCredential

from ccm_core.auth.vault import Vault
from ccm_core.auth.vault_encryption import KeySources
from ccm_core.auth.vault_entry import VaultEntry
from ccm_core.sdk.secret import Secret

MINE, OTHER = "acme.pagerduty.com", "globex.pagerduty.com"
SETTINGS = """\
version: 1
store: {{url: "sqlite:///ccm.db"}}
connections:
  - name: prod          # ours
    connector: pagerduty
    settings: {{base_url: "{url}"}}
    auth: {{method: api_key, key: "{key}"}}
rules: {{packs: [pagerduty-services]}}
"""


@pytest.fixture
def vault(folder, monkeypatch, vault_key) -> Vault:
    """The folder's vault."""
    del vault_key
    return Vault(folder / "ccm.vault", KeySources(environment=os.environ, keyring=lambda: None))


@pytest.fixture
def keys(folder, simulator, vault, monkeypatch):
    """A connection whose key is in the vault, and a key of another account."""
    (folder / "ccm.yaml").write_text(SETTINGS.format(url=simulator.base_url, key="vault:prod"))
    simulator.account.subdomain = "acme"
    globex = build_account(datetime.now(UTC), seed=3, sizes=SMALL, subdomain="globex")
    other = SimulatedCredential(secret="u+other-account-4711", account=globex)
    simulator.control.api_keys[other.secret] = other
    now = datetime.now(UTC)
    vault.write("prod", VaultEntry(secrets={"key": Secret(simulator.api_key)}, entered_at=now))
    monkeypatch.setenv("OTHER_KEY", other.secret)
    return simulator


def use_other_key(folder, simulator) -> None:
    """Let the settings take the other account's key from the environment."""
    text = SETTINGS.format(url=simulator.base_url, key="env:OTHER_KEY")
    (folder / "ccm.yaml").write_text(text)


def accounts(ccm) -> list[str]:
    """Return the account of each run, oldest first."""
    return [one["credential"]["account"] for one in ccm("runs", "list", "--json").json]


@pytest.mark.attack(
    "Account",
    "`ccm run` and `ccm check` after a key of another account was put in place",
    "Exit 2 and nothing stored; check names the problem and the way on",
)
def test_run_and_check_refuse_a_key_of_another_account(ccm, folder, keys):
    """The key works, and is of another account."""
    assert ccm("run").code in {0, 1}
    use_other_key(folder, keys)
    before = ccm("evidence", "list", "--json").json

    ran = ccm("run", "--all")
    assert (ran.code, MINE in ran.err, OTHER in ran.err) == (2, True, True)
    assert "Traceback" not in ran.err
    assert ccm("evidence", "list", "--json").json == before

    checked = ccm("check", "--json")
    (connection,) = checked.json["connections"]
    (line,) = [one for one in connection["diagnoses"] if one["subject"] == "account"]
    assert (checked.code, line["ok"], line["cause"]) == (3, False, "other_account")
    assert "rotate prod --other-account" in line["next_step"]


def test_check_names_the_account_and_the_clock(ccm, keys):
    """A healthy connection says whose account it is, and that the clocks agree."""
    (connection,) = ccm("check", "--json").json["connections"]
    lines = {one["subject"]: one for one in connection["diagnoses"]}
    assert (lines["account"]["ok"], lines["account"]["message"]) == (True, MINE)
    assert lines["clock"]["ok"]


@pytest.mark.attack(
    "Account",
    "`ccm connections rotate` with a key of another account",
    "Refused without --other-account; with it, the next run evaluates the new account alone",
)
def test_rotate_saves_a_key_of_another_account_only_on_demand(ccm, folder, keys, vault):
    """The settings name the new account then, and the comment in them stays."""
    ccm("collect")
    refused = ccm("connections", "rotate", "prod", "--from", "env:OTHER_KEY")
    assert (refused.code, "nothing was saved" in refused.err) == (2, True)
    assert vault.read("prod").secrets["key"].reveal() == keys.api_key

    allowed = ccm("connections", "rotate", "prod", "--from", "env:OTHER_KEY", "--other-account")
    assert allowed.code == 0, allowed.err
    text = (folder / "ccm.yaml").read_text()
    assert f"account: {OTHER}" in text
    assert "# ours" in text
    ran = ccm("run", "--json")
    assert ran.code in {0, 1, 3}
    assert accounts(ccm) == [MINE, OTHER]
    assert ccm("check").code == 0


def test_connecting_again_refuses_another_account_under_the_same_name(ccm, keys, monkeypatch):
    """A second account gets a connection of its own."""
    ccm("collect")
    arguments = ["connect", "pagerduty", f"--set=base_url={keys.base_url}", "--api-key"]
    arguments += ["--secret", "key=env:OTHER_KEY"]
    refused = ccm(*arguments, "--name", "prod", "--replace")
    assert (refused.code, "ccm connect pagerduty --name" in refused.err) == (2, True), refused.err
    second = ccm(*arguments, "--name", "second")
    assert second.code == 0, second.err


def test_a_refused_connection_keeps_no_other_from_being_collected(ccm, folder, keys):
    """The others are read; the exit code says that one was not."""
    ccm("collect")
    use_other_key(folder, keys)
    text = (
        (folder / "ccm.yaml")
        .read_text()
        .replace(
            "rules:",
            f"""\
  - name: third
    connector: pagerduty
    settings: {{base_url: "{keys.base_url}"}}
    auth: {{method: api_key, key: "env:OTHER_KEY"}}
rules:""",
        )
    )
    (folder / "ccm.yaml").write_text(text)
    ran = ccm("collect", "--all")
    assert (ran.code, OTHER in ran.err) == (2, True)
    assert accounts(ccm) == [MINE, OTHER]
