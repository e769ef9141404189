"""The command line in a folder of its own, and a simulated PagerDuty to point it at."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_settings import SETTINGS, SMALL
from hunting import VAULT_KEY
from pagerduty_simulator import (
    IdentitySimulator,
    PagerDutySimulator,
    build_account,
)
from typing_in import PipedInput, browsed

from ccm_core.cli.main import main


@dataclass(frozen=True)
class CommandResult:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The standard output as one JSON document."""
        return json.loads(self.out)

    @property
    def lines(self) -> list:
        """The standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def ccm(folder: Path, capfd: pytest.CaptureFixture[str], hunt) -> Callable[..., CommandResult]:
    """Run one command in the folder; whatever it prints has no secret in it."""
    del folder

    def run(*arguments: str) -> CommandResult:
        capfd.readouterr()
        code = main(list(arguments))
        output = capfd.readouterr()
        hunt.look(f"what `ccm {' '.join(arguments)}` printed", output.out + output.err)
        return CommandResult(code, output.out, output.err)

    return run


@pytest.fixture
def simulator() -> Iterator[PagerDutySimulator]:
    """A small simulated account on loopback, as it is right now."""
    with PagerDutySimulator(build_account(datetime.now(UTC), sizes=SMALL)) as running:
        yield running


@pytest.fixture
def identity(simulator):
    """An identity server beside the simulated account."""
    with IdentitySimulator(simulator.account, control=simulator.control) as server:
        yield server


@pytest.fixture
def connected(
    folder: Path, simulator: PagerDutySimulator, monkeypatch: pytest.MonkeyPatch
) -> PagerDutySimulator:
    """Settings that lead to the simulated account."""
    (folder / "ccm.yaml").write_text(SETTINGS.format(url=simulator.base_url))
    monkeypatch.setenv("PD_KEY", simulator.api_key)
    return simulator


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory) -> tuple[Path, dict]:
    """A folder whose account was collected and judged, which nobody changes, and the evaluation."""
    path, printed = tmp_path_factory.mktemp("finished"), io.StringIO()
    with (
        PagerDutySimulator(build_account(datetime.now(UTC), sizes=SMALL)) as running,
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(printed),
    ):
        (path / "ccm.yaml").write_text(SETTINGS.format(url=running.base_url))
        patch.chdir(path)
        patch.setenv("PD_KEY", running.api_key)
        assert main(["run", "--json"]) == 1
    return path, json.loads(printed.getvalue())["evaluation"]


@pytest.fixture
def evaluated(finished_run, folder, monkeypatch) -> dict:
    """The evaluation of a run whose store is in the working directory, and whose source is gone."""
    finished_folder, evaluation = finished_run
    shutil.copytree(finished_folder, folder, dirs_exist_ok=True)
    monkeypatch.setenv("PD_KEY", "the-source-is-gone")
    return evaluation


@pytest.fixture
def vault_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal vaults with a key of the environment: no keyring is touched."""
    monkeypatch.setenv("CCM_VAULT_KEY", VAULT_KEY)


@pytest.fixture
def connect(ccm, simulator, monkeypatch, capfd, vault_key):
    """Run ``ccm connect pagerduty`` and type these answers."""

    def run(*options, answers=()):
        def said() -> str:
            return capfd.readouterr().err

        monkeypatch.setattr(sys, "stdin", PipedInput(said, answers))
        return ccm("connect", "pagerduty", f"--set=base_url={simulator.base_url}", *options)

    return run


@pytest.fixture
def by_oauth(connect, identity):
    """Connect with OAuth 2.0 and paste what ``address`` makes of the link."""

    def run(app, *options, secret=None, address=browsed):
        return connect(
            "--oauth",
            "--paste",
            f"--set=identity_url={identity.base_url}",
            *options,
            answers=[app.client_id, secret or app.client_secret, address],
        )

    return run
