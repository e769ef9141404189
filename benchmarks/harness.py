"""Running sides against one simulated account, and writing what they did as a table."""

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


class Source:
    """A simulated account in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Wait until it says where it is."""
        self._process = process
        where = json.loads(self._line())
        self.url: str = where["url"]
        self.key: str = where["key"]

    @classmethod
    @contextmanager
    def serving(cls, *options: str) -> Iterator[Self]:
        """Start one, and stop it at the end."""
        command = [sys.executable, str(HERE / "source.py"), *options]
        with subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                yield cls(process)
            finally:
                process.terminate()

    def order(self, **what: Any) -> dict[str, Any]:
        """Steer it; get what it answered since the last order."""
        if self._process.stdin is None:
            raise AssertionError("the source is started with pipes")
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._line())
        return answer

    def _line(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError("the simulator ended before it was asked to")
        return line


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A program that reads the account and prints what it did as its last line."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one side did in one round."""

    side: str
    whole: float
    """Seconds of the whole process, start and imports included."""
    requests: int
    answers: Mapping[str, int]
    said: Mapping[str, Any]
    limited: Mapping[str, float]
    """How long the account was limited, as it said and as it was left alone."""

    def value(self, name: str) -> float:
        """Give a figure by name."""
        if name in {"whole", "requests"}:
            return float(getattr(self, name))
        return float(self.said.get(name, float("nan")))


def run(source: Source, side: Side, **control: Any) -> Figures:
    """Let one side read the account once."""
    source.order(**control)
    command = [_told(word, source) for word in side.command]
    environment = {name: _told(value, source) for name, value in side.environment.items()}
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - programs of this folder, or named by it
        command,
        capture_output=True,
        text=True,
        timeout=side.timeout,
        check=False,
        env={**_environment(), **environment},
    )
    whole = time.perf_counter() - began
    lines = done.stdout.strip().splitlines()
    said = json.loads(lines[-1]) if lines else {"error": done.stderr.strip()[-300:]}
    answered = source.order()
    return Figures(
        side=side.name,
        whole=whole,
        requests=answered["requests"],
        answers=answered["answers"],
        said=said,
        limited=answered["limited"],
    )


def _told(word: str, source: Source) -> str:
    return word.format(url=source.url, key=source.key)


def _environment() -> dict[str, str]:
    """Let every side start from compiled bytecode, as an installed program does."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "ccm-benchmarks")}


def median(figures: Sequence[Figures], name: str) -> float:
    """Give the middle of a figure over the rounds."""
    return statistics.median(one.value(name) for one in figures)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a Markdown table; figures to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(table_line(line) for line in lines)


def table_line(cells: Sequence[str]) -> str:
    """Write one line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def machine() -> str:
    """Say where this was measured, without naming whose machine it is."""
    return (
        f"{os.cpu_count()}-core {platform.machine()} {platform.system()}, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )


def python(program: str, *options: str) -> list[str]:
    """Give the command of a program of this folder; it is told where the account is."""
    return [sys.executable, str(HERE / program), "--url", "{url}", "--key", "{key}", *options]
