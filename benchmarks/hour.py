"""What an hour costs, whole: collect, evaluate, keep, follow findings, report and notify.

Run ``python benchmarks/hour.py --account average --age day --work quiet``; see README.md. Each row
is a new process over a store of that age. Prepared stores are cached between runs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from harness import HERE, SimulatorProcess, environment, machine, table, table_line
from hour_sizes import ACCOUNTS, AGES

PHASES = ("start", "collect", "evaluate and keep", "report", "notify")
HEADER = (
    *("account", "age", "work", "store grows by", "processor s", "seconds", "peak MiB"),
    *(f"{phase} s" for phase in PHASES),
)
HOUR = timedelta(hours=1)
WARM = (HOUR, 2 * HOUR)
"""When the runs that are not measured take place: the first of them makes the first evaluation of
an aged store, and what the second keeps only once is not of every hour either."""
MEASURED = timedelta(hours=3, minutes=5)
"""When the first measured run takes place: what is read hourly is due again, however long the
processes take to start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What happened in the account since the run before, and what the run may cost."""

    orders: Mapping[str, float]
    """Numbers of incidents; below 1: a share of those of the account."""
    parameters: str = "{}"
    command: tuple[str, ...] = ()
    """A command that is measured in place of a run."""
    hours: int = 1
    """In so many hours, one after the other: a file grows by whole pages, so the growth is the
    mean of them. The times are those of the hour in the middle."""


WORKS: Mapping[str, Work] = {
    "first": Work(orders={}),
    "quiet": Work(orders={}, hours=5),
    "typical": Work(orders={"incidents": 12, "changed": 5}, hours=5),
    "changed": Work(orders={"changed": 0.01}),
    "parameter": Work(orders={}, parameters="{ack_within_high: 7m}"),
    "findings": Work(orders={}, command=("findings", "list")),
    "runs": Work(orders={}, command=("runs", "list")),
    "check": Work(orders={}, command=("check",)),
    "verify": Work(orders={}, command=("verify",)),
}

GOALS: Mapping[tuple[str, str], tuple[str, str, str]] = {
    ("average", "first"): ("", "", ""),
    ("average", "quiet"): ("20 KB", "1.5", "150"),
    ("average", "typical"): ("150 KB", "", ""),
    ("average", "changed"): ("", "2", ""),
    ("average", "parameter"): ("", "25 % of the first", ""),
    ("average", "verify"): ("", "60", "300"),
    ("average", "findings"): ("", "1", ""),
    ("average", "runs"): ("", "1", ""),
    ("average", "check"): ("", "1", ""),
    ("small", "quiet"): ("20 KB", "", ""),
    ("large", "first"): ("", "80 to evaluate and keep", "250"),
    ("large", "changed"): ("", "10 after collecting", ""),
    ("fleet", "quiet"): ("", "10", "300"),
}
"""At most so many bytes, processor seconds and MiB, by account and work."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the rows one after the other, and print each as it is measured."""
    options = _parser().parse_args(arguments)
    print(f"{machine()}; {datetime.now(UTC):%Y-%m-%d}\n")
    print(table(HEADER, []), flush=True)
    with _webhook() as address:
        for account in options.account or ["small", "average"]:
            for age in options.age or ["day"]:
                for work in options.work or WORKS:
                    bench = Bench(account, age, options.cache, address, options.timeout)
                    print(table_line(bench.row(work)), flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--account", action="append", choices=ACCOUNTS)
    parser.add_argument("--age", action="append", choices=AGES)
    parser.add_argument("--work", action="append", choices=WORKS)
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds of one process")
    cache = Path(tempfile.gettempdir()) / "ccm-benchmarks" / "hour"
    parser.add_argument("--cache", type=Path, default=cache, help="the folder of prepared stores")
    return parser


@contextmanager
def _webhook() -> Iterator[str]:
    """Receive notifications on loopback, and forget them."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"json://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


class Bench:
    """One account at one age."""

    def __init__(self, account: str, age: str, cache: Path, webhook: str, timeout: float) -> None:
        """Prepare nothing yet."""
        self._account, self._age, self._timeout = account, age, timeout
        self._size = ACCOUNTS[account]
        self._sample, self._aged = cache / account, cache / f"{account}-{age}"
        self._environment = {
            **environment(),
            "CCM_VAULT_KEY": urlsafe_b64encode(b"benchmark".ljust(32)).decode(),
            "CCM_BENCHMARK_WEBHOOK": webhook,
        }

    def row(self, name: str) -> list[str]:
        """Measure one work, and return the cells of its row."""
        work = WORKS[name]
        with self._serving() as simulator, tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            self._environment["XDG_CACHE_HOME"] = str(folder / "cache")
            if name == "first":
                report = self._run(simulator, folder, timedelta(0))
            else:
                self._prepare(simulator)
                shutil.copytree(self._aged, folder, dirs_exist_ok=True)
                for after in WARM:
                    self._run(simulator, folder, after)
                if work.command:
                    self._skew(simulator, MEASURED)
                    report = self._command(simulator, folder, work.command)
                else:
                    report = self._hours(simulator, folder, work)
        return self._cells(name, report)

    def _hours(self, simulator: SimulatorProcess, folder: Path, work: Work) -> dict[str, Any]:
        """Measure a work hour by hour; return the one in the middle, with the mean growth."""
        orders = {
            order: round(number * self._incidents if number < 1 else number)
            for order, number in work.orders.items()
        }
        reports = []
        for hour in range(work.hours):
            after = MEASURED + hour * HOUR
            self._skew(simulator, after, **orders)
            reports.append(self._run(simulator, folder, after, work.parameters))
        middle = sorted(reports, key=lambda report: report["processor"])[len(reports) // 2]
        return middle | {"grown": sum(map(_grown, reports)) / len(reports)}

    @property
    def _incidents(self) -> int:
        return self._size.bulk + self._size.objects.incidents

    @contextmanager
    def _serving(self) -> Iterator[SimulatorProcess]:
        now = self._now().isoformat()
        arguments = ("--account", self._account, "--now", now)
        with SimulatorProcess.serving(*arguments, program="hour_account.py") as simulator:
            self._environment["CCM_BENCHMARK_KEY"] = simulator.key
            yield simulator

    def _now(self) -> datetime:
        """Return the moment of the account, which is that of the cached stores.

        It is in the morning, so that all measured hours are of one day: what is read of whole days
        changes at its end, whatever happens in the account.
        """
        path = self._sample / "now"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            morning = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0)
            path.write_text(morning.isoformat())
        return datetime.fromisoformat(path.read_text())

    def _skew(self, simulator: SimulatorProcess, after: timedelta, **orders: int) -> float:
        ahead = (self._now() + after - datetime.now(UTC)).total_seconds()
        simulator.order(skew=ahead, **orders)
        return ahead

    def _prepare(self, simulator: SimulatorProcess) -> None:
        """Collect the sample, and make a store of the age from it, unless they are cached."""
        if not (self._sample / "done").exists():
            print(f"collecting {self._account}", file=sys.stderr)
            self._run(simulator, self._sample, timedelta(0), more=("--collect-only",))
            (self._sample / "done").touch()
        if not (self._aged / "done").exists():
            print(f"making {self._account} a {self._age} old", file=sys.stderr)
            shutil.rmtree(self._aged, ignore_errors=True)
            program = str(HERE / "hour_ages.py")
            folders = (str(self._sample), str(self._aged))
            command = [sys.executable, program, *folders, "--age", self._age]
            if self._size.connections > 1:  # of many connections the first run is the past
                shutil.copytree(self._sample, self._aged)
            else:
                subprocess.run(command, check=True, env=self._environment, timeout=3600)  # noqa: S603 - our own
            (self._aged / "done").touch()

    def _run(
        self,
        simulator: SimulatorProcess,
        folder: Path,
        after: timedelta,
        parameters: str = "{}",
        more: Sequence[str] = (),
    ) -> dict[str, Any]:
        self._write_settings(simulator, folder, parameters)
        ahead = self._skew(simulator, after)
        program = [sys.executable, str(HERE / "hour_process.py"), str(folder), *more]
        report = self._measured([*program, f"--ahead={ahead}"])
        lines = report.pop("output").strip().splitlines()
        report |= json.loads(lines[-1]) if lines else {"error": "no output"}
        if "error" in report:
            raise SystemExit(f"{self._account}, {self._age}: {report['error']}")
        return report

    def _command(
        self, simulator: SimulatorProcess, folder: Path, command: Sequence[str]
    ) -> dict[str, Any]:
        self._write_settings(simulator, folder, "{}")
        ccm = str(Path(sys.executable).with_name("ccm"))
        report = self._measured([ccm, "-c", str(folder / "ccm.yaml"), *command])
        return report | {"phases": []}

    def _measured(self, command: Sequence[str]) -> dict[str, Any]:
        """Run a process to its end; return its output, time and peak memory."""
        began = time.perf_counter()
        with (
            tempfile.TemporaryFile("w+") as output,
            subprocess.Popen(  # noqa: S603 - our own
                command, stdout=output, env=self._environment, text=True
            ) as process,
        ):
            timer = threading.Timer(self._timeout, process.kill)
            timer.start()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            timer.cancel()
            output.seek(0)
            return {
                "output": output.read(),
                "processor": usage.ru_utime + usage.ru_stime,
                "seconds": time.perf_counter() - began,
                "peak_mib": usage.ru_maxrss / 1024,
            }

    def _write_settings(self, simulator: SimulatorProcess, folder: Path, parameters: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        packs = HERE.parent / "plugins/pagerduty/ccm_pagerduty/rulepacks"
        names = ", ".join(sorted(pack.stem for pack in packs.glob("*.yaml")))
        connections = "\n".join(
            f"  - name: account-{number}\n    connector: pagerduty\n"
            '    auth: {method: api_key, key: "env:CCM_BENCHMARK_KEY"}\n'
            f'    settings: {{base_url: "{simulator.url}", lookback: 30d, lookahead: 14d}}'
            for number in range(self._size.connections)
        )
        (folder / "ccm.yaml").write_text(
            'version: 1\nstore: {url: "sqlite:///ccm.db"}\n'
            f"connections:\n{connections}\n"
            f"rules: {{packs: [{names}], parameters: {parameters}}}\n"
            'notify: {channels: [{name: all, to: ["env:CCM_BENCHMARK_WEBHOOK"]}]}\n'
        )

    def _cells(self, name: str, report: Mapping[str, Any]) -> list[str]:
        phases = {phase["phase"]: phase for phase in report["phases"]}
        grown = report.get("grown", _grown(report)) / 1000
        goals = GOALS.get((self._account, name), ("", "", ""))
        figures = (
            f"{grown:,.0f} KB",
            f"{report['processor']:.2f}",
            f"{report['peak_mib']:.0f}",
        )
        size, processor, peak = map(_beside, figures, goals)
        return [
            *(self._account, self._age if name != "first" else "none", name),
            *(size, processor, f"{report['seconds']:.2f}", peak),
            *(f"{phases[p]['processor']:.2f}" if p in phases else "" for p in PHASES),
        ]


def _grown(report: Mapping[str, Any]) -> int:
    return sum(phase["bytes"] for phase in report["phases"])


def _beside(figure: str, goal: str) -> str:
    return f"{figure} (goal {goal})" if goal else figure


if __name__ == "__main__":
    sys.exit(main())
