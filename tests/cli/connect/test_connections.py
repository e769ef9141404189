"""Connections are listed, shown, changed and removed; their credentials are replaced."""

from __future__ import annotations

import os
import sys
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ccm_pagerduty.kinds import kinds
from pagerduty_simulator.api.credentials import SimulatedCredential
from pagerduty_simulator.api.responses import json_response

from ccm_core.auth.oauth_messages import TokenSet
from ccm_core.auth.vault import Vault
from ccm_core.auth.vault_encryption import KeySources
from ccm_core.auth.vault_entry import VaultEntry
from ccm_core.model.json_codec import decode
from ccm_core.sdk.secret import Secret

VAULT_KEY = "8FbGmH1iKkq2lN7zR0vYx3uJ5dQwTtE6aSsPpOoLlKk="
ENTERED = datetime(2026, 8, 1, 9, tzinfo=UTC)
SETTINGS = """\
version: 1
connections:
  # the account of ours
  - name: prod          # since 2024
    connector: pagerduty
    settings: {{base_url: "{url}", region: us}}   # loopback
    auth: {{method: api_key, key: "vault:prod"}}
  # from the environment
  - name: second
    connector: pagerduty
    settings: {{base_url: "{url}"}}
    auth: {{method: api_key, key: "env:PD_KEY"}}
rules: {{packs: [pagerduty-services]}}
"""


@pytest.fixture(autouse=True)
def vault_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal vaults with a key of the environment."""
    monkeypatch.setenv("CCM_VAULT_KEY", VAULT_KEY)


@pytest.fixture
def vault(folder) -> Vault:
    """The folder's vault."""
    return Vault(folder / "ccm.vault", KeySources(environment=os.environ, keyring=lambda: None))


@pytest.fixture
def prod(folder, simulator, vault, monkeypatch):
    """Two connections: one whose key is in the vault since long, one in the environment."""
    (folder / "ccm.yaml").write_text(SETTINGS.format(url=simulator.base_url))
    monkeypatch.setenv("PD_KEY", simulator.api_key)
    vault.write("prod", VaultEntry(secrets={"key": Secret(simulator.api_key)}, entered_at=ENTERED))
    return simulator


@pytest.fixture
def new_key(prod, monkeypatch) -> str:
    """A second key that the account lets in, named by the environment."""
    key = "u+the-new-key-4711"
    prod.control.api_keys[key] = SimulatedCredential(secret=key)
    monkeypatch.setenv("NEW_KEY", key)
    monkeypatch.setenv("WRONG", "u+wrong-0815")
    return key


@pytest.fixture
def rewrite(folder, vault, prod):
    """Make ``prod`` a connection with OAuth 2.0, whose tokens are in the vault."""

    def run(app, identity, **secrets) -> None:
        path = folder / "ccm.yaml"
        text = path.read_text().replace(
            'region: us}   # loopback\n    auth: {method: api_key, key: "vault:prod"}',
            f'identity_url: "{identity.base_url}"}}\n    auth: {{method: oauth, client_id: '
            '"vault:prod", client_secret: "vault:prod"}',
        )
        path.write_text(text)
        vault.write("prod", granted(app, identity, prod, **secrets))

    return run


def granted(app, identity, simulator, **secrets) -> VaultEntry:
    """Give what somebody agreed to, as the identity server knows it."""
    server = identity.app._endpoints
    fields = decode(server._issue_tokens(app, ("openid", "read")).body)
    now = datetime.now(UTC)
    tokens = TokenSet(
        access=Secret(fields["access_token"]),
        refresh=Secret(fields["refresh_token"]),
        scopes=("openid", "read"),
        received_at=now,
        expires_at=now + timedelta(days=30),
    )
    secrets_before = {
        "client_id": Secret(app.client_id),
        "client_secret": Secret(app.client_secret),
    }
    return VaultEntry(secrets={**secrets_before, **secrets}, entered_at=ENTERED).with_tokens(tokens)


# -- list and show ----------------------------------------------------------------------------


def test_connections_are_listed_with_the_age_of_their_credentials(ccm, prod):
    """One line each; of what is kept elsewhere nobody knows how old it is."""
    first, second = (line.split("\t") for line in ccm("connections", "list").out.splitlines())
    assert first[:6] == ["prod", "pagerduty", "api_key", "vault:prod", "2026-08-01", "2026-10-30"]
    assert second[:6] == ["second", "pagerduty", "api_key", "env:PD_KEY", "", ""]


def test_a_connection_is_shown_without_its_secret(ccm, prod):
    """For people and for programs."""
    ran = ccm("connections", "show", "prod")
    assert "settings.region\tus" in ran.out.splitlines()
    output = ccm("connections", "show", "prod", "--json")
    assert output.json["secrets"] == {"key": "vault:prod"}
    assert output.json["rotate_by"] == "2026-10-30T09:00:00Z"
    assert output.json["problem"] is None
    assert prod.api_key not in ran.out + output.out
    listed = ccm("connections", "list", "--json").json
    assert listed[0] == output.json


def test_a_vault_that_cannot_be_opened_is_reported_per_connection(ccm, prod, monkeypatch):
    """The rest is listed all the same."""
    monkeypatch.setenv("CCM_VAULT_KEY", VAULT_KEY.replace("8", "9"))
    first, second = ccm("connections", "list", "--json").json
    assert "encrypted with another key" in first["problem"]
    assert second["problem"] is None


# -- edit -------------------------------------------------------------------------------------


def test_connections_edit_changes_one_setting_and_nothing_else(ccm, prod, folder):
    """Comments stay; the connection was tested with it."""
    before = (folder / "ccm.yaml").read_text()
    ran = ccm("connections", "edit", "prod", "--set", "lookback=60d", "--unset", "region")
    assert ran.code == 0, ran.err
    assert (folder / "ccm.yaml").read_text() == before.replace(
        ", region: us}   # loopback", ", lookback: 60d}   # loopback"
    )


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        pytest.param([], 2, "--set KEY=VALUE", id="nothing"),
        pytest.param(["--set", "lookback=900d"], 2, "at most 180d", id="too far"),
        pytest.param(["--set", "key=env:X"], 2, "ccm connect pagerduty --name prod", id="auth"),
        pytest.param(["--unset", "share"], 2, "edit it manually", id="not there"),
        pytest.param(["--set", "base_url=http://127.0.0.1:9"], 4, "nothing was saved", id="test"),
    ],
)
def test_connections_edit_does_not_save_an_invalid_change(
    ccm, prod, folder, options, code, message
):
    """And why."""
    before = (folder / "ccm.yaml").read_text()
    ran = ccm("connections", "edit", "prod", *options)
    assert (ran.code, message in ran.err) == (code, True), ran.err
    assert (folder / "ccm.yaml").read_text() == before


# -- remove -----------------------------------------------------------------------------------


def test_a_connection_is_removed_with_its_secrets(ccm, prod, vault, folder):
    """Not without a word; the evidence stays."""
    ccm("collect", "prod")
    assert ccm("connections", "remove", "prod").code == 2
    ran = ccm("connections", "remove", "prod", "--yes")
    assert ran.code == 0, ran.err
    assert "name: prod" not in (folder / "ccm.yaml").read_text()
    assert "# from the environment" in (folder / "ccm.yaml").read_text()
    assert "prod" not in vault.names()
    assert ccm("evidence", "list").out.count("prod\t") == len(kinds())


def test_a_shared_secret_survives_removing_a_connection(ccm, prod, vault, folder):
    """It is no longer this one's alone."""
    path = folder / "ccm.yaml"
    path.write_text(path.read_text().replace("env:PD_KEY", "vault:prod"))
    assert ccm("connections", "remove", "prod", "--yes").code == 0
    assert vault.names() == ("prod",)
    assert ccm("check", "second").code == 3  # too old
    assert ccm("connections", "remove", "second", "--yes").code == 0
    assert vault.names() == ()


@pytest.mark.parametrize("verb", ["show", "edit", "remove", "rotate"])
def test_an_unknown_connection_is_a_usage_error(ccm, prod, verb):
    """With those that are."""
    ran = ccm("connections", verb, "prd")
    assert (ran.code, "it has: prod, second" in ran.err) == (2, True)


# -- rotate -----------------------------------------------------------------------------------


def test_connections_rotate_replaces_a_key_after_its_test(ccm, prod, vault, new_key):
    """It is younger then, and what was kept before is gone."""
    ran = ccm("connections", "rotate", "prod", "--from", "env:NEW_KEY")
    assert ran.code == 0, ran.err
    entry = vault.read("prod")
    assert entry.secrets["key"].reveal() == new_key
    assert entry.entered_at > ENTERED
    del prod.control.api_keys[prod.api_key]
    assert ccm("check", "prod").code == 0


def test_a_run_in_progress_continues_with_the_rotated_key(ccm, prod, vault, new_key):
    """A key that was replaced in the meantime is looked up again at the first error_response."""
    begun = len(prod.control.requests)

    def replaced(_asked) -> None:
        if len(prod.control.requests) == begun + 6:
            del prod.control.api_keys[prod.api_key]
            vault.write("prod", replace(vault.read("prod"), secrets={"key": Secret(new_key)}))

    prod.control.before_response = replaced
    (manifest,) = ccm("collect", "prod", "--json").json
    assert {one["outcome"] for one in manifest["collections"]} == {"complete"}
    assert [one.status for one in prod.control.requests].count(401) == 1


def test_connections_rotate_asks_for_the_key(ccm, prod, vault, new_key, monkeypatch):
    """A line of standard input, or a person at the terminal."""

    class Pipe:
        def isatty(self) -> bool:
            return False

        def readline(self) -> str:
            return f"{new_key}\n"

    monkeypatch.setattr(sys, "stdin", Pipe())
    assert ccm("connections", "rotate", "prod").code == 0
    assert vault.read("prod").secrets["key"].reveal() == new_key


@pytest.mark.parametrize(
    ("name", "source", "code", "message"),
    [
        pytest.param("prod", "env:WRONG", 4, "continues with the old one", id="refused"),
        pytest.param("prod", "env:PD_KEY", 2, "uses already", id="the same one"),
        pytest.param("prod", "env:NONE", 2, "NONE is not set", id="not there"),
        pytest.param(
            "prod", "u+in-clear-0815", 2, "expected the location of a secret", id="in clear"
        ),
        pytest.param("second", "env:NEW_KEY", 2, "ccm check second", id="kept elsewhere"),
    ],
)
@pytest.mark.usefixtures("new_key")
def test_connections_rotate_refuses_a_key_that_fails_its_test(
    ccm, vault, name, source, code, message
):
    """The old one stays in use."""
    before = vault.read("prod")
    ran = ccm("connections", "rotate", name, "--from", source)
    assert (ran.code, message in ran.err) == (code, True), ran.err
    assert "0815" not in ran.err
    assert vault.read("prod") == before


def test_a_rotated_client_secret_is_tested_by_renewing_tokens(
    ccm, prod, vault, rewrite, identity, monkeypatch
):
    """The grant stays; a wrong secret costs no token."""
    app = identity.identity.register()
    rewrite(app, identity)
    identity.identity.apps[app.client_id] = replace(app, client_secret="pdeas-new-4711")
    monkeypatch.setenv("WRONG", "pdeas-wrong")
    monkeypatch.setenv("NEW", "pdeas-new-4711")
    before = vault.read("prod")
    ran = ccm("connections", "rotate", "prod", "--from", "env:WRONG")
    assert (ran.code, "continues with the old one" in ran.err) == (4, True), ran.err
    assert vault.read("prod") == before
    ran = ccm("connections", "rotate", "prod", "--from", "env:NEW")
    assert ran.code == 0, ran.err
    after = vault.read("prod")
    assert after.secrets["client_secret"].reveal() == "pdeas-new-4711"
    assert after.secrets["refresh_token"] != before.secrets["refresh_token"]
    assert identity.identity.replays == 0
    assert ccm("check", "prod").code == 0


def test_a_failing_identity_server_leaves_the_client_secret_unchanged(
    ccm, prod, vault, rewrite, identity, monkeypatch
):
    """Neither the secret nor the tokens."""
    app = identity.identity.register()
    rewrite(app, identity)
    monkeypatch.setenv("NEW", "pdeas-new-4711")
    identity.identity.failures = deque([json_response({"error": "server_error"}, 500)])
    before = vault.read("prod").secrets
    assert ccm("connections", "rotate", "prod", "--from", "env:NEW").code == 4
    assert vault.read("prod").secrets == before


def found_of(checked, name: str) -> list[dict]:
    """Give what a check found of a connection."""
    (details,) = [one for one in checked.json["connections"] if one["connection"] == name]
    return details["diagnoses"]


# -- age --------------------------------------------------------------------------------------


def test_a_key_past_its_rotation_period_is_reported_everywhere(ccm, prod, vault, folder):
    """By check, by run and by its report; the manifest has the dates."""
    age = datetime.now(UTC) - timedelta(days=91)
    vault.write("prod", replace(vault.read("prod"), entered_at=age))
    checked = ccm("check", "--json", "prod")
    (diagnosis,) = [one for one in found_of(checked, "prod") if one["subject"] == "credential age"]
    assert (checked.code, diagnosis["ok"], "91 days ago" in diagnosis["message"]) == (
        3,
        False,
        True,
    )
    assert diagnosis["next_step"].endswith("ccm connections rotate prod`")
    ran = ccm("run")
    assert "ccm connections rotate prod" in " ".join(ran.out.split())
    assert "ccm connections rotate prod" in (folder / "ccm-report.html").read_text()
    manifest = ccm("collect", "prod", "--json").json[0]
    assert manifest["not_due"]
    assert manifest["entered_at"] is not None
    assert manifest["rotate_by"] < datetime.now(UTC).isoformat()


def test_a_key_within_its_rotation_period_is_ok(ccm, prod, vault):
    """With the day on which it is due; of one kept elsewhere it is not known."""
    vault.write("prod", replace(vault.read("prod"), entered_at=datetime.now(UTC)))
    checked = ccm("check", "--json")
    assert checked.code == 0
    diagnosis = [
        one["message"]
        for details in checked.json["connections"]
        for one in details["diagnoses"]
        if one["subject"] == "credential age"
    ]
    assert "rotate it by" in diagnosis[0]
    assert diagnosis[1].startswith("not known")
