"""``ccm evidence export`` prints the same bytes however the evidence came to be read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from pagerduty_simulator.account.incident_store import Event

from ccm_core.cli.main import main

CHILD = Path(__file__).with_name("collecting_child.py")
KINDS = ("pagerduty.incident", "pagerduty.incident_log_entry", "pagerduty.service")
SETTINGS = 'version: 1\nstore: {url: "sqlite:///ccm.db"}\nconnections: []\n'


@pytest.fixture
def backfill(simulated, tmp_path):
    """Give a function that collects in a process of its own, which may be killed."""

    def run(name, *, days, minute=0, kill_at=None):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        moment = str(int((simulated.now + timedelta(minutes=minute)).timestamp()))
        options = [simulated.simulator.base_url, str(folder), str(days), moment]
        environment = os.environ | {"PD_KEY": simulated.simulator.api_key}
        process = subprocess.Popen([sys.executable, str(CHILD), *options], env=environment)  # noqa: S603 - our own program
        simulated.control.requests.clear()

        def shoot(_asked):
            if kill_at is not None and len(simulated.control.requests) >= kill_at:
                process.kill()
                process.wait(20)

        simulated.control.before_response = shoot
        process.wait(60)
        simulated.control.before_response = None
        return process.returncode

    return run


@pytest.fixture
def printed(tmp_path, capfdbinary):
    """Give a function that prints what a store has, with the command itself."""

    def run(name, *options):
        settings = tmp_path / name / "ccm.yaml"
        settings.write_text(SETTINGS)
        kinds = [word for kind in KINDS for word in ("--kind", kind)]
        capfdbinary.readouterr()
        assert main(["-c", str(settings), "evidence", "export", *kinds, *options]) == 0
        return capfdbinary.readouterr().out

    return run


@pytest.mark.slow
@pytest.mark.no_cover
def test_a_split_killed_and_resumed_backfill_exports_the_same_bytes(simulated, backfill, printed):
    """One process reads a month in one go; the others in pieces, killed with SIGKILL on the way."""
    simulated.add([simulated.now - n * timedelta(hours=5) for n in range(1, 130)])
    simulated.add(
        [simulated.now - n * timedelta(hours=9) for n in range(1, 70)],
        (Event(300, "acknowledge", None, "website"), Event(900, "resolve", None, "api")),
    )

    assert backfill("whole", days=180) == 0
    assert backfill("parts", days=4, kill_at=14) == -signal.SIGKILL
    assert backfill("parts", days=3, kill_at=11, minute=1) == -signal.SIGKILL
    assert backfill("parts", days=5, minute=2) == 0

    whole = printed("whole")
    assert whole.count(b"\n") > 198 * 2
    assert printed("parts") == whole
    assert printed("parts", "--provenance") != printed("whole", "--provenance")
