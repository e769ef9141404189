"""A bundle from the command line, from a newcomer's first run to an auditor's machine."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_settings import SETTINGS, SMALL
from forging import ForgedPackage
from pagerduty_simulator import PagerDutySimulator, build_account

from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.cli.main import main


def surroundings(patch, folder, simulator):
    """Stand in a folder, with the account's key and a vault that opens by itself."""
    patch.chdir(folder)
    patch.setenv("PD_KEY", simulator.api_key)
    patch.setenv("CCM_VAULT_PASSPHRASE", "correct horse battery staple")


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """A folder whose account was collected and evaluated once, and the account."""
    folder = tmp_path_factory.mktemp("evaluated")
    with PagerDutySimulator(build_account(datetime.now(UTC), sizes=SMALL)) as simulator:
        (folder / "ccm.yaml").write_text(SETTINGS.format(url=simulator.base_url))
        with pytest.MonkeyPatch.context() as patch:
            surroundings(patch, folder, simulator)
            assert main(["run"]) in {0, 1}
        yield folder, simulator


@pytest.fixture
def signed(evaluated, folder, monkeypatch):
    """A copy of that folder: a store that was read, judged and signed."""
    evaluated_folder, simulator = evaluated
    shutil.copytree(evaluated_folder, folder, dirs_exist_ok=True)
    surroundings(monkeypatch, folder, simulator)


def month():
    """Give the period of this month."""
    return f"{datetime.now(UTC):%Y-%m}"


def bundled(ccm, *more):
    """Write a bundle of this month to ``b.zip``."""
    return ccm("bundle", "--period", month(), "--control", "soc2:CC7.4", "-o", "b.zip", *more)


def test_a_bundle_is_verified_without_store_settings_and_network(
    ccm, signed, folder, tmp_path_factory, monkeypatch
):
    """On another machine: the file alone, and the key and the head that were given before."""
    ran = bundled(ccm)
    assert ran.code == 0, ran.err
    ccm("keys", "export", "-o", "key.txt")
    ccm("checkpoint", "-o", "head.txt")
    path_elsewhere = tmp_path_factory.mktemp("auditor")
    for name in ("b.zip", "key.txt", "head.txt"):
        (path_elsewhere / name).write_bytes((folder / name).read_bytes())
    monkeypatch.chdir(path_elsewhere)
    ran = ccm("verify", "b.zip", "--key", "key.txt", "--pin", "head.txt", "--json")
    assert (ran.code, ran.json["valid"], ran.json["problems"]) == (0, True, [])
    assert ran.json["pins"] == 1
    assert ccm("verify", "b.zip").out.endswith("b.zip: everything is as it was stored\n")


def test_a_changed_bundle_ends_with_exit_code_5(ccm, signed, folder):
    """And says what is wrong."""
    bundled(ccm)
    data = bytearray((folder / "b.zip").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "b.zip").write_bytes(bytes(data))
    ran = ccm("verify", "b.zip")
    assert (ran.code, "damaged: " in ran.out) == (5, True)


@pytest.mark.no_cover
def test_a_newer_checkpoint_leaves_a_bundle_unproven(ccm, signed):
    """Nothing speaks against it, and nothing is proven by it: exit code 3. An older one holds."""
    bundled(ccm)
    ccm("evaluate")
    ccm("checkpoint", "-o", "later.txt")
    ran = ccm("verify", "b.zip", "--pin", "later.txt")
    assert (ran.code, "compare it with the store" in ran.out) == (3, True)
    bundled(ccm)
    ccm("evaluate")
    bundled(ccm)
    ran = ccm("verify", "b.zip", "--pin", "later.txt")
    assert (ran.code, ran.out.splitlines()[-1]) == (
        0,
        "b.zip: everything is as it was stored since the pinned checkpoint",
    )


@pytest.mark.no_cover
def test_a_checkpoint_or_key_of_another_store_fails_verification(ccm, signed, folder):
    """Exit code 5."""
    bundled(ccm)
    ccm("checkpoint", "-o", "head.txt")
    ccm("keys", "export", "-o", "key.txt")
    for name in ("ccm.db", "ccm.db-wal", "ccm.db-shm", "ccm.db.key", "ccm.vault"):
        (folder / name).unlink(missing_ok=True)
    ccm("run")
    bundled(ccm)
    for option, name in (("--pin", "head.txt"), ("--key", "key.txt")):
        ran = ccm("verify", "b.zip", option, name)
        assert (ran.code, "key" in ran.out) == (5, True)


SERVICES = "evidence/pagerduty-test/pagerduty.service.jsonl"
FORGERIES = {
    "the page": lambda forged: forged.files.update({"index.html": b"<h1>all well</h1>"}),
    "the conclusions": lambda forged: forged.files.update({"assurance.json": b"{}\n"}),
    "kinds": lambda forged: forged.predicate.update(kinds=[]),
    "rules": lambda forged: forged.predicate.update(rules=[]),
    "the period": lambda forged: forged.predicate.update(until="2026-01-02T00:00:00Z"),
    "controls": lambda forged: forged.predicate["controls"].append("soc2:CC7.4 is effective"),
    "a file": lambda forged: forged.files.update({"opinion.html": b"unqualified"}),
    "a record": lambda forged: forged.files.update(
        {SERVICES: forged.files[SERVICES] + b'{"id":"made up"}'}
    ),
    "a place": lambda forged: forged.move_line(SERVICES, "contents/collections.jsonl"),
    "a kind": lambda forged: forged.files.pop(SERVICES),
}


@pytest.mark.no_cover
@pytest.mark.attack(
    "Evidence packages",
    "The owner of the key forges what `ccm bundle` wrote, over a ledger whose checkpoint is pinned",
    "`ccm verify` refuses each forgery with exit code 5, and takes the genuine package",
)
def test_forgeries_over_a_pinned_ledger_are_refused(ccm, signed, folder):
    """With the pin and the key that were handed over before; one store for all forgeries."""
    from ccm_core.auth import signing_keys
    from ccm_core.cli.terminal.workspace import open_workspace

    assert bundled(ccm).code == 0
    ccm("keys", "export", "-o", "key.txt")
    ccm("checkpoint", "-o", "head.txt")
    genuine = read_archive(str(folder / "b.zip"))
    trusted = ("--key", "key.txt", "--pin", "head.txt")
    assert ccm("verify", "b.zip", *trusted).code == 0
    (signer,) = signing_keys.stored_keys(open_workspace(None).vault())
    for name, forge in FORGERIES.items():
        forged = ForgedPackage(genuine, signer, None)
        forge(forged)
        forged.write(folder / "forged.zip")
        ran = ccm("verify", "forged.zip", *trusted)
        assert (name, ran.code, "damaged: " in ran.out) == (name, 5, True)


WRONG = {
    "no period": (["--period", "2026-13", "-o", "b.zip"], "write it like 2026"),
    "the future": (["--period", "2999", "-o", "b.zip"], "has not begun"),
    "no such control": (["--period", "2026", "--control", "x:1", "-o", "b.zip"], "supported are"),
    "no such folder": (["--period", "2026", "-o", "none/b.zip"], "cannot be written"),
}


def test_bundling_errors_name_the_reason(ccm, signed, folder):
    """Exit code 2, and no half of a file. One store for all cases: reading it takes long."""
    for name, (arguments, message) in WRONG.items():
        ran = ccm("bundle", *arguments)
        assert (name, ran.code, message in ran.err) == (name, 2, True)
        assert list(Path(folder).glob("*.zip*")) == []


def test_an_unsigned_store_is_not_bundled(ccm, connected, folder):
    """The next step is named: make a key."""
    ccm("run")
    ran = bundled(ccm)
    assert (ran.code, "ccm keys make" in ran.err) == (2, True)
    assert list(Path(folder).glob("*.zip*")) == []


def test_a_file_that_is_no_bundle_is_reported(ccm, folder):
    """Not there: exit code 2. There, and none: exit code 5."""
    assert ccm("verify", "none.zip").code == 2
    (folder / "x.zip").write_text("no archive")
    assert ccm("verify", "x.zip").code == 5
