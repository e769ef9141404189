"""``ccm demo``: a whole run on a built-in source, and settings for the commands that follow."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest
from cli_settings import SMALL
from hunting import VAULT_KEY
from pagerduty_simulator.demo_data import account

from ccm_core.app.demonstration.open import KEY_VARIABLE

CONFIG = ("-c", "demo/ccm.yaml")


@pytest.fixture
def small_demo(ccm, monkeypatch):
    """What ``ccm demo`` printed, of a small account."""
    monkeypatch.setattr(account, "build_account", partial(account.build_account, sizes=SMALL))
    return ccm("demo", "--quick")


def test_demo_leaves_settings_that_the_next_commands_use(ccm, folder, small_demo):
    """They lead to its store; no secret is in them, and the next command is printed."""
    assert small_demo.code == 0
    assert "next: ccm -c demo/ccm.yaml findings list" in small_demo.err
    assert (folder / "demo" / "report.html").exists()

    finding = ccm(*CONFIG, "findings", "list", "--output", "json").json["findings"][0]
    check = finding["checks"][0]
    for result in (check["result"], f"{check['rule']}/{finding['resource']['key']}"):
        assert ccm(*CONFIG, "explain", result).code == 0
    assert ccm(*CONFIG, "report").code == 0
    assert ccm(*CONFIG, "evidence", "list").code == 0
    assert ccm(*CONFIG, "evaluate", "--reproduce", "--json").code in {1, 3}
    assert ccm(*CONFIG, "verify").code == 0
    assert f"env:{KEY_VARIABLE}" in (folder / "demo" / "ccm.yaml").read_text()


def with_finding(ccm):
    """Return the reference of a finding of the demonstration."""
    return ccm(*CONFIG, "findings", "list", "--output", "json").json["findings"][0]["id"]


def bundled(ccm):
    """Write an evidence package of this month."""
    month = f"{datetime.now(UTC):%Y-%m}"
    return ccm(*CONFIG, "bundle", "--period", month, "-o", "demo/b.zip")


def test_every_command_that_writes_works_on_a_demo_whose_vault_opens(
    ccm, folder, vault_key, small_demo
):
    """Its vault keeps its signing key: what people decide is signed, and a package is made."""
    assert "signed with the key in the vault demo/ccm.vault" in small_demo.err
    assigned = ccm(*CONFIG, "findings", "acknowledge", with_finding(ccm), "--comment", "seen")
    assert (assigned.code, "sign" in assigned.err) == (0, False)
    assert ccm(*CONFIG, "verify").code == 0
    assert bundled(ccm).code == 0
    assert ccm("verify", "demo/b.zip").code == 0
    assert ccm("demo", "--quick").code == 0  # the vault of an earlier demonstration is used again
    assert ccm(*CONFIG, "evaluate").code in {1, 3}
    assert ccm(*CONFIG, "verify").code == 0


def test_a_demo_without_a_vault_says_what_differs(ccm, folder, small_demo, monkeypatch):
    """Its key ends with it. Later heads stay unsigned, and no other key is made beside it."""
    assert "its key ends with it" in small_demo.err
    assert "CCM_VAULT_KEY" in small_demo.err
    monkeypatch.setenv("CCM_VAULT_KEY", VAULT_KEY)
    assigned = ccm(*CONFIG, "findings", "acknowledge", with_finding(ccm), "--comment", "seen")
    assert assigned.code == 0
    assert "made a signing key" not in assigned.err
    assert assigned.err.count("`ccm keys rotate --lost`") == 1
    assert not (folder / "demo" / "ccm.vault").exists()
    assert bundled(ccm).code == 2
    assert ccm(*CONFIG, "keys", "rotate", "--lost").code == 0
    assert bundled(ccm).code == 0


def test_init_makes_no_signing_key_beside_a_store_that_another_one_signs(
    ccm, folder, small_demo, monkeypatch
):
    """The settings are written anew; the store has its key, and another would sign nothing."""
    monkeypatch.setenv("CCM_VAULT_KEY", VAULT_KEY)
    ran = ccm(*CONFIG, "init", "--force")
    assert (ran.code, "this store is signed with" in ran.err) == (0, True)
    assert "`ccm keys make`" not in ran.err
    assert not (folder / "demo" / "ccm.vault").exists()


def test_demo_settings_say_what_collecting_again_needs(ccm, folder, small_demo):
    """Its source is gone: the settings say how to serve it, and a run says what is missing."""
    settings = (folder / "demo" / "ccm.yaml").read_text()
    assert "python -m pagerduty_simulator --port " in settings
    ran = ccm(*CONFIG, "run")
    assert ran.code == 2
    assert KEY_VARIABLE in ran.err


def test_demo_replaces_an_earlier_demo_and_nothing_else(ccm, folder, small_demo):
    """Settings that somebody wrote are refused, with the next step."""
    settings = folder / "demo" / "ccm.yaml"
    settings.write_text("version: 1\nconnections: []\n")
    refused = ccm("demo", "--quick")
    assert refused.code == 2
    assert "was not written by a demonstration; choose another folder with -d" in refused.err
    assert settings.read_text() == "version: 1\nconnections: []\n"
    settings.unlink()
    assert ccm("demo", "--quick").code == 0


def test_demo_of_an_unknown_connector_is_refused(ccm):
    """The connector is named."""
    ran = ccm("demo", "missing")
    assert ran.code == 2
    assert "no installed plugin has a demonstration for 'missing'" in ran.err
