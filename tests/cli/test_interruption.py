"""A run that is stopped, kindly or not, loses nothing that it said was kept."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from ccm_core.store.sqlite.run_lock import lock_connection

pytestmark = pytest.mark.slow


@pytest.fixture
def stopped(connected):
    """Run ``ccm collect`` in a process of its own, and stop it at a request of one's choice."""

    def stop(signal_number: int, *, at: int) -> subprocess.CompletedProcess[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "ccm_core", "collect"],
            env=dict(os.environ, PD_KEY=connected.api_key),
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        done = threading.Event()

        def shoot(_asked) -> None:
            if len(connected.control.requests) >= at and not done.is_set():
                done.set()
                process.send_signal(signal_number)
                if signal_number == signal.SIGKILL:
                    process.wait(20)

        connected.control.before_response = shoot
        out, err = process.communicate(timeout=60)
        connected.control.before_response = None
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return stop


def manifests(folder) -> list:
    """Read the manifests of the folder's store."""
    store = open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder)
    try:
        return list(store.runs.manifests())
    finally:
        store.close()


@pytest.mark.parametrize("at", [6, 20])
def test_ctrl_c_seals_the_run_and_the_next_one_resumes(ccm, stopped, folder, at):
    """The exit code is 130, the manifest says so, and what was complete is not read again."""
    ended = stopped(signal.SIGINT, at=at)
    assert (ended.returncode, "Traceback" in ended.stderr) == (130, False)

    (first,) = manifests(folder)
    done = {one.kind for one in first.collections if one.outcome == "complete"}
    assert first.shortfalls[0].reason == "interrupted"
    assert first.credential.kind == "account_api_key"
    assert done

    ran = ccm("collect", "--json")
    assert ran.code == 0
    assert set(ran.json[0]["not_due"]) >= done


@pytest.mark.parametrize("at", [4, 11, 25])
def test_a_killed_run_is_sealed_by_the_next_one(ccm, stopped, folder, at):
    """Nothing is said of a run that could not say it itself, but what it kept stands."""
    assert stopped(signal.SIGKILL, at=at).returncode == -signal.SIGKILL

    ran = ccm("run", "--json")
    first, second = manifests(folder)
    assert ran.code == 1
    assert [one.reason for one in first.shortfalls] == ["interrupted"]
    assert second.outcome == "complete"
    complete = {one.kind for one in first.collections}
    assert {one.kind for one in second.collections} | complete == {
        one["kind"] for one in ccm("evidence", "list", "--json").json
    }


def test_two_processes_do_not_collect_one_connection(ccm, folder, connected):
    """The second is told to wait, and for whom; nothing of the first is touched."""
    ccm("collect")
    with lock_connection(folder / "ccm.db", "pagerduty-test"):
        ran = ccm("collect", "--all")
    assert (ran.code, "another ccm is collecting pagerduty-test" in ran.err) == (2, True)
    assert f"(process {os.getpid()} on {socket.gethostname()})" in ran.err
    assert ccm("collect", "--all").code == 0


INTERRUPTED = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupting())
from ccm_core.__main__ import run
sys.exit(run())
"""


@pytest.mark.parametrize("module", ["ccm_core.cli.main", "click", "ccm_core.errors"])
def test_ctrl_c_while_python_imports_shows_no_traceback(module):
    """The first tenths of a second of a command, whatever is imported then."""
    ended = subprocess.run(  # noqa: S603 - our own process, with an environment of the test
        [sys.executable, "-c", INTERRUPTED, module], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (130, "stopped; nothing was begun\n")
