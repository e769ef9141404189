"""Reading verbs: they open the store read-only, and leave every byte of it as it was."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import UTC, datetime

import pytest
from cli_settings import SETTINGS, SMALL
from hunting import VAULT_KEY
from pagerduty_simulator import PagerDutySimulator, build_account

from ccm_core.cli.main import main
from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite import open as store_open

pytestmark = pytest.mark.no_cover  # its lines are covered by others

TODAY = f"{datetime.now(UTC):%Y-%m-%d}"
NOTIFY = 'notify: {channels: [{name: all, to: ["env:HOOK"]}]}\n'
SERVICE = "pagerduty.service"
PACK = "pagerduty-services"

VERBS = {
    "assurance": ["assurance", "--period", TODAY],
    "bundle": ["bundle", "--period", TODAY, "-o", "b.zip"],
    "check": ["check"],
    "checkpoint": ["checkpoint"],
    "connections list": ["connections", "list"],
    "erase without --yes": ["erase", "--kind", SERVICE, "--reason", "a test"],
    "evaluate --packs": ["evaluate", "--packs", PACK],
    "evaluate --packs --diff": ["evaluate", "--packs", PACK, "--diff"],
    "evaluate --reproduce": ["evaluate", "--reproduce"],
    "evidence export": ["evidence", "export", "--kind", SERVICE],
    "evidence list": ["evidence", "list"],
    "evidence show": ["evidence", "show", SERVICE, "{key}"],
    "explain": ["explain", "{result}"],
    "findings list": ["findings", "list", "--all"],
    "findings show": ["findings", "show", "{finding}"],
    "keys export": ["keys", "export"],
    "keys show": ["keys", "show"],
    "notify": ["notify"],
    "notify --dry-run": ["notify", "--dry-run"],
    "notify --test": ["notify", "--test"],
    "prove": ["prove", SERVICE, "{key}"],
    "report": ["report"],
    "report as HTML": ["report", "--format", "html=r.html"],
    "report of a period": ["report", "--period", TODAY],
    "rules diff": ["rules", "diff", PACK, PACK],
    "rules mutate --evidence": ["rules", "mutate", PACK, "--evidence"],
    "rules preview": ["rules", "preview", PACK],
    "runs list": ["runs", "list"],
    "runs show": ["runs", "show"],
    "verify": ["verify"],
    "verify --reevaluate": ["verify", "--reevaluate", "100%"],
    "views show": ["views", "show", "pagerduty.account_visibility"],
}
EXPECTED_CODES = {0, 1, 3}


def surroundings(patch, folder, key):
    """Stand in a folder whose secrets are in the environment."""
    patch.chdir(folder)
    patch.setenv("PD_KEY", key)
    patch.setenv("CCM_VAULT_KEY", VAULT_KEY)
    patch.setenv("HOOK", "json://127.0.0.1:1/hook")


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """A folder whose account was collected and evaluated, and the address of the account."""
    folder = tmp_path_factory.mktemp("evaluated")
    with (
        pytest.MonkeyPatch.context() as patch,
        PagerDutySimulator(build_account(datetime.now(UTC), sizes=SMALL)) as simulator,
    ):
        (folder / "ccm.yaml").write_text(SETTINGS.format(url=simulator.base_url) + NOTIFY)
        surroundings(patch, folder, simulator.api_key)
        assert main(["run", "--json"]) in EXPECTED_CODES
        yield folder, simulator


@pytest.fixture
def store_folder(evaluated, tmp_path, monkeypatch, webhook):
    """A copy of that folder, to stand in."""
    folder, simulator = evaluated
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    surroundings(monkeypatch, copy, simulator.api_key)
    monkeypatch.setenv("HOOK", webhook.address)
    return copy


@pytest.fixture
def names(evaluated, capfd, monkeypatch):
    """The key of a service, and the ids of a failing result and of a finding."""
    folder, simulator = evaluated
    surroundings(monkeypatch, folder, simulator.api_key)
    capfd.readouterr()
    main(["evidence", "export", "--kind", SERVICE])
    services = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    main(["findings", "list", "--output", "json"])
    (finding, *_) = json.loads(capfd.readouterr().out)["findings"]
    result = f"{finding['checks'][0]['rule']}/{finding['resource']['key']}"
    return {"key": services[0]["key"], "finding": finding["id"], "result": result}


def store_state(folder):
    """Return the digests of the store's files, and the heads of its logs."""
    digests = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("ccm.db*"))
        if path.stat().st_size and not path.name.endswith("-shm")
    }
    store = store_open.open_store(
        StoreLocation(url="sqlite:///ccm.db"), base=folder, read_only=True
    )
    heads = {log: store.ledger.head(log) for log in (STORE_LOG, "pagerduty-test")}
    store.close()
    return digests, heads


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_reading_verb_leaves_the_store_as_it_was(verb, names, store_folder, monkeypatch):
    """The store is opened read-only, if at all; its bytes and the heads of its ledger stay."""
    before = store_state(store_folder)
    opened = []
    open_store = store_open.open_store

    def spy(*arguments, **options):
        opened.append(options.get("read_only", False))
        return open_store(*arguments, **options)

    monkeypatch.setattr(store_open, "open_store", spy)
    code = main([part.format(**names) for part in VERBS[verb]])
    monkeypatch.undo()

    assert code in EXPECTED_CODES
    assert all(opened)
    assert store_state(store_folder) == before
