"""Run clients against one simulated account, and format their figures as a table."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).parent


class SimulatorProcess:
    """A simulated account in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Wait until it prints its address."""
        self._process = process
        address = json.loads(self._read_line())
        self.url: str = address["url"]
        self.key: str = address["key"]

    @classmethod
    @contextmanager
    def serving(cls, *options: str, program: str = "simulator_process.py") -> Iterator[Self]:
        """Start a process, and stop it at the end."""
        command = [sys.executable, str(HERE / program), *options]
        with subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                yield cls(process)
            finally:
                process.terminate()

    def order(self, **order: Any) -> dict[str, Any]:
        """Control the simulator; return its counts since the previous order."""
        if self._process.stdin is None:
            raise AssertionError("the simulator's process is started with pipes")
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        report: dict[str, Any] = json.loads(self._read_line())
        return report

    def _read_line(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError("the simulator's process ended early; its error is printed above")
        return line


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkClient:
    """A program that reads the account and prints its report as its last line."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one client in one round."""

    client: str
    whole: float
    """Seconds of the whole process, start and imports included."""
    requests: int
    responses: Mapping[str, int]
    report: Mapping[str, Any]
    """The client's own figures, results and warnings."""
    limits: Mapping[str, float]
    """For how long the account was limited, and for how long the client waited."""

    def value(self, name: str) -> float:
        """Return a figure by name."""
        if name in {"whole", "requests"}:
            return float(getattr(self, name))
        return float(self.report.get(name, float("nan")))


def run(simulator: SimulatorProcess, client: BenchmarkClient, **order: Any) -> Figures:
    """Let one client read the account once."""
    simulator.order(**order)
    command = [_with_address(word, simulator) for word in client.command]
    addresses = {
        name: _with_address(value, simulator) for name, value in client.environment.items()
    }
    started = time.perf_counter()
    process = subprocess.run(  # noqa: S603 - programs of this folder, or named by it
        command,
        capture_output=True,
        text=True,
        timeout=client.timeout,
        check=False,
        env={**environment(), **addresses},
    )
    whole = time.perf_counter() - started
    lines = process.stdout.strip().splitlines()
    report = json.loads(lines[-1]) if lines else {"error": process.stderr.strip()[-300:]}
    counts = simulator.order()
    return Figures(
        client=client.name,
        whole=whole,
        requests=counts["requests"],
        responses=counts["responses"],
        report=report,
        limits=counts["limits"],
    )


def _with_address(word: str, simulator: SimulatorProcess) -> str:
    return word.format(url=simulator.url, key=simulator.key)


def environment() -> dict[str, str]:
    """Let every client start from compiled bytecode, as an installed program does."""
    variables = os.environ.copy()
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    bytecode = Path(tempfile.gettempdir()) / "ccm-benchmarks"
    return {**variables, "PYTHONPYCACHEPREFIX": str(bytecode)}


def median(rounds: Sequence[Figures], name: str) -> float:
    """Return the median of a figure over the rounds."""
    return statistics.median(figures.value(name) for figures in rounds)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; figures to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(table_line(line) for line in lines)


def table_line(cells: Sequence[str]) -> str:
    """Return one line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def machine() -> str:
    """Return the kind of machine and interpreter of the measurement."""
    return (
        f"{os.cpu_count()}-core {platform.machine()} {platform.system()}, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )


def python(program: str, *options: str) -> list[str]:
    """Return the command of a program of this folder, with the address of the account."""
    return [sys.executable, str(HERE / program), "--url", "{url}", "--key", "{key}", *options]
