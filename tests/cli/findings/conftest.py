"""A folder after a run, whose settings list people with SSH keys."""

from __future__ import annotations

import io
import re
import shutil
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_settings import SETTINGS, SMALL
from pagerduty_simulator import PagerDutySimulator, build_account

from ccm_core.cli.main import main

PEOPLE = """
people:
  - {{id: mia, name: Mia Berg, email: mia@example.com, ssh_keys: ["{mia}"]}}
  - {{id: otto, name: Otto Ruf, role: CISO, ssh_keys: ["{otto}"]}}
  - {{id: eva, name: Eva Lind}}
"""


@dataclass(frozen=True)
class Firm:
    """The folder, and what people do in it."""

    folder: Path
    ccm: object
    key: object

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.folder / "ccm.yaml"

    @property
    def waivers(self) -> Path:
        """The waivers file."""
        return self.folder / "waivers.yaml"

    def failing(self) -> list[dict]:
        """List findings that are not about a share."""
        ran = self.ccm("findings", "list", "--output", "json")
        assert ran.code == 0, ran.err
        listed = ran.json["findings"]
        return [one for one in listed if one["resource"]["kind"] != "population"]

    def accept(self, *names: str, many: bool = False, **options: str):
        """Ask to accept the risk of findings."""
        stated = {
            "reason": "The service is retired in March.",
            "owner": "mia",
            "approver": "otto",
            "until": self.days_ahead(90),
        } | options
        written = [f"--{key}={value}" for key, value in stated.items()]
        return self.ccm("findings", "accept", *names, *written, *(["--many"] if many else []))

    def days_ahead(self, days: int) -> str:
        """Return a day from today on."""
        return str((datetime.now(UTC) + timedelta(days=days)).date())

    def approve(self, name: str, by: str = "otto"):
        """Approve with somebody's key."""
        return self.ccm("findings", "approve", name, "--key", str(self.key(by).path))

    def entry(self) -> str:
        """Return the id of the only acceptance."""
        (name,) = re.findall(r"- id: (\S+)", self.waivers.read_text())
        return name

    def state(self, name: str) -> str:
        """Return the state of a finding."""
        return self.ccm("findings", "show", name, "--output", "json").json["finding"]["state"]

    def acts(self, name: str) -> list[tuple[str, str]]:
        """List what was done about a finding, and by whom."""
        acts = self.ccm("findings", "show", name, "--output", "json").json["acts"]
        return [(act["kind"], act["by"]) for act in acts]

    def evaluated(self) -> dict:
        """Evaluate, and return the evaluation."""
        ran = self.ccm("evaluate", "--json")
        assert ran.code in {0, 1, 3}, ran.err
        return ran.json


@pytest.fixture(scope="session")
def troubled_run(tmp_path_factory) -> Path:
    """A folder after a run over an account in which one incident fails several checks."""
    path = tmp_path_factory.mktemp("troubled")
    sizes = replace(SMALL, incidents=250)
    text = SETTINGS.replace("packs: [", "packs: [pagerduty-resolution, pagerduty-schedules, ")
    with (
        PagerDutySimulator(build_account(datetime.now(UTC), sizes=sizes)) as running,
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(io.StringIO()),
    ):
        (path / "ccm.yaml").write_text(text.format(url=running.base_url))
        patch.chdir(path)
        patch.setenv("PD_KEY", running.api_key)
        assert main(["collect"]) == 0
        main(["evaluate", "--json"])
    return path


@pytest.fixture
def firm(troubled_run, folder, monkeypatch, ccm, make_key) -> Firm:
    """Stand in a copy of the folder of a run, with people in the settings."""
    shutil.copytree(troubled_run, folder, dirs_exist_ok=True)
    monkeypatch.setenv("PD_KEY", "the-source-is-gone")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    settings = folder / "ccm.yaml"
    keys = {name: make_key(name).public for name in ("mia", "otto")}
    settings.write_text(settings.read_text() + PEOPLE.format(**keys))
    return Firm(folder, ccm, make_key)
