"""``ccm watch`` as a service manager runs it."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
import time

import pytest

COMMAND = [sys.executable, "-m", "ccm_core", "watch", "-o", "report.html"]
PATIENCE = 60


class WatchProcess:
    """A watch in a process of its own, and what it says."""

    def __init__(self, environment: dict[str, str], *, stderr: int = subprocess.PIPE) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            COMMAND, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
        self.lines: list[str] = []
        self._changed = threading.Condition()
        if self.process.stderr is not None:
            threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self.process.stderr:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()

    def until(self, text: str) -> None:
        """Wait until a line with a text was said."""
        with self._changed:
            output = self._changed.wait_for(
                lambda: any(text in line for line in self.lines), PATIENCE
            )
        assert output, self.lines

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Stop it; give the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        return time.monotonic() - began


@pytest.fixture
def watching(connected):
    """Start watches, and see to it that none is left."""
    started = []

    def start(**options) -> WatchProcess:
        environment = dict(os.environ, PD_KEY=connected.api_key)
        started.append(WatchProcess(environment, **options))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait(PATIENCE)
        for pipe in (one.process.stdout, one.process.stderr):
            if pipe is not None:
                pipe.close()


def test_watch_collects_evaluates_reports_and_stops_at_sigterm(ccm, watching, folder):
    """Plain lines with their moment; the exit code is 0, and what was read is there."""
    watch = watching()
    watch.until("results: rules: ")
    took = watch.stop()

    assert (watch.process.returncode, took < 10) == (0, True)
    assert watch.lines[0].endswith("Z watching pagerduty-test")
    watch.until("stopped")
    assert not any("\x1b" in line or "Traceback" in line for line in watch.lines)
    assert "<html" in (folder / "report.html").read_text()
    assert ccm("collect", "--json").json[0]["collections"] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_watch_abandons_a_window_in_flight_within_seconds(ccm, connected, watching, number):
    """The run is sealed, the claim is let go, and the next run goes on."""
    reached = threading.Event()

    def slow(request) -> None:
        if request.path == "/services":
            connected.control.latency = 30.0
            reached.set()

    connected.control.before_response = slow
    watch = watching()
    assert reached.wait(PATIENCE)
    took = watch.stop(number)
    connected.control.before_response, connected.control.latency = None, 0.0

    assert (watch.process.returncode, took < 10) == (0, True)
    ran = ccm("run", "--json")
    assert ran.code == 1
    assert ran.json["manifests"][0]["not_due"]


def test_watch_reloads_settings_at_sighup_unless_they_have_mistakes(watching, folder):
    """The mistake is told with its place; once it is fixed the new settings are in force."""
    settings = folder / "ccm.yaml"
    good = settings.read_text()
    watch = watching()
    watch.until("results: ")
    settings.write_text(good.replace("lookback: 30d", "lookback: 30 moons"))
    watch.process.send_signal(signal.SIGHUP)
    watch.until("the previous settings stay in force: ")
    assert "ccm.yaml:7:" in next(line for line in watch.lines if "the previous settings" in line)
    settings.write_text(good.replace("pagerduty-test", "pagerduty-anew"))
    watch.process.send_signal(signal.SIGHUP)
    watch.until("watching pagerduty-anew")
    watch.until("pagerduty-anew: complete")
    watch.stop()
    assert watch.process.returncode == 0


def test_watch_ends_with_code_2_for_a_mistake_at_the_start(watching, folder):
    """Nothing is watched by settings that nobody could read."""
    (folder / "ccm.yaml").write_text("version: 1\nconnections: []\n")
    watch = watching()
    watch.process.wait(PATIENCE)
    watch.until("has no connections; add one")
    assert watch.process.returncode == 2


def test_watch_shows_a_status_line_on_a_terminal(watching):
    """It is drawn over itself, and stays within the terminal's width."""
    ours, theirs = pty.openpty()
    watch = watching(stderr=theirs)
    os.close(theirs)
    screen = b""
    while b"last: pagerduty-test complete" not in screen:
        screen += os.read(ours, 65536)
    watch.stop()
    os.close(ours)
    drawn = screen.decode().split("\r\x1b[2K")
    assert any(one.startswith("collecting pagerduty-test pagerduty.") for one in drawn)
    assert max(len(one.rstrip("\r\n")) for one in drawn if "next: " in one) <= 79
