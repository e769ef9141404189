"""From an empty folder to a second run after rotation, each command in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hunting import VAULT_KEY

BROWSER = """\
import sys, urllib.request
with open("browser.argv", "a") as told:
    print(*sys.argv[1:], file=told)
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1]).read()
"""


@pytest.fixture
def start(folder, hunt, tmp_path_factory):
    """Run ``ccm`` in the folder, with a vault key and a browser that agrees to everything."""
    browser = tmp_path_factory.mktemp("browser") / "browser.py"
    browser.write_text(BROWSER)
    surroundings = {
        **os.environ,
        "CCM_VAULT_KEY": VAULT_KEY,
        "BROWSER": f"{sys.executable} {browser} %s",
    }

    def run(*arguments: str, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        ended = subprocess.run(  # noqa: S603 - this interpreter
            [sys.executable, "-m", "ccm_core", *arguments],
            env=surroundings | more,
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        hunt.look(f"what `ccm {arguments[0]}` printed", ended.stdout + ended.stderr)
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended

    return run


def descendants(process: int) -> list[int]:
    """Give every process that a process has started, and those that they have."""
    processes = []
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):  # it has ended in the meantime
            for child in map(int, path.read_text().split()):
                processes += [child, *descendants(child)]
    return processes


@pytest.fixture
def watched(simulator, hunt):
    """Look at the arguments of every process of ours while requests are answered."""
    observed = set()

    def look(_asked) -> None:
        if len(simulator.control.requests) % 10 == 0:
            for process in descendants(os.getpid()):
                with suppress(OSError):
                    hunt.look("an argument list", Path(f"/proc/{process}/cmdline").read_bytes())
                    observed.add(process)

    simulator.control.before_response = look
    yield simulator.control
    assert observed or sys.platform != "linux"


def sent_again(control) -> list[int]:
    """Give the statuses of what was answered 401, and of the same request right after it."""
    log = control.requests
    (request_index,) = (at for at, one in enumerate(log) if one.status == 401)
    assert (log[request_index].path, log[request_index].params) == (
        log[request_index + 1].path,
        log[request_index + 1].params,
    )
    return [log[request_index].status, log[request_index + 1].status]


@pytest.mark.slow
@pytest.mark.no_cover
def test_from_an_empty_folder_to_a_run_after_rotation(start, simulator, identity, watched, folder):
    """Connect in the browser, check, run while the token expires, check twice at once, rotate."""
    identity_state = identity.identity
    app = identity_state.register()
    connected = start(
        "connect",
        "pagerduty",
        "--oauth",
        "--port=0",
        f"--set=base_url={simulator.base_url}",
        f"--set=identity_url={identity.base_url}",
        typed=f"{app.client_id}\n{app.client_secret}\n",
    )
    assert connected.returncode == 0, connected.stderr
    assert "granted: openid read" in connected.stderr
    opened = urlsplit((folder / "browser.argv").read_text().strip())
    assert (opened.hostname, opened.query) == ("127.0.0.1", "")
    assert opened.path.startswith("/begin/")

    checked = start("check", "--json")
    assert checked.returncode == 0, checked.stdout
    (output,) = json.loads(checked.stdout)["connections"]
    (credential,) = (one for one in output["diagnoses"] if one["subject"] == "credential")
    assert "token of a user" in credential["message"]

    look, begun = watched.before_response, len(watched.requests)

    def expire(request) -> None:
        look(request)
        if len(watched.requests) == begun + 12:
            for secret, one in watched.bearer_tokens.items():
                watched.bearer_tokens[secret] = replace(one, expires_at=watched.now())

    watched.before_response = expire
    ran = start("run", "--json")
    assert ran.returncode in {0, 1}, ran.stderr
    assert sent_again(watched) == [401, 200]
    assert (identity_state.rotations, identity_state.replays) == (1, 0)
    (manifest,) = json.loads(ran.stdout)["manifests"]
    assert {one["outcome"] for one in manifest["collections"]} == {"complete"}
    assert (manifest["credential"]["kind"], manifest["entered_at"] is not None) == (
        "oauth_user_token",
        True,
    )

    watched.before_response = look
    for secret, one in watched.bearer_tokens.items():
        watched.bearer_tokens[secret] = replace(one, expires_at=watched.now())
    with ThreadPoolExecutor() as pool:
        together = list(pool.map(start, ["check", "check"]))
    assert [one.returncode for one in together] == [0, 0]
    assert (identity_state.rotations, identity_state.replays) == (2, 0)

    second_run = start("run", "--all", "--json")
    assert second_run.returncode in {0, 1}, second_run.stderr
    assert identity_state.rotations == 2

    identity_state.apps[app.client_id] = replace(app, client_secret="pdeas-of-this-quarter")
    rotated = start(
        "connections", "rotate", "pagerduty", "--from", "env:NEW", NEW="pdeas-of-this-quarter"
    )
    assert rotated.returncode == 0, rotated.stderr
    last = start("run", "--all", "--json")
    assert last.returncode in {0, 1}, last.stderr
    assert (identity_state.rotations, identity_state.replays) == (3, 0)
    assert simulator.control.writes == []
