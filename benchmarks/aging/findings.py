"""What findings cost after a year: listing them, showing one, and following an evaluation.

Run ``python -m aging.findings`` in the folder of benchmarks; see README.md. The store is
made without a source: each day has one evaluation, stored and followed by the functions that
``ccm run`` calls.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness import environment, machine, table, table_line

from ccm_core.model.evaluation.control import Control
from ccm_core.model.evaluation.evaluation_inputs import EvaluationInputs
from ccm_core.model.evaluation.result import Evaluation, Population, Result, RuleResult, Status
from ccm_core.model.evaluation.result_id import result_id
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evaluation.subject import Subject
from ccm_core.pipeline.findings.track import TrackedPart, track_findings
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

CONNECTION, KIND = "bench", "bench.incident"
SEVERITIES = tuple(Severity)
ROUNDS = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a store, and print what each command on it costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--open", type=int, default=400, help="findings that are open on each day")
    parser.add_argument("--new", type=int, default=25, help="of which so many are new on each day")
    options = parser.parse_args(arguments)
    print(f"{machine()}; {datetime.now(UTC):%Y-%m-%d}\n")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "ccm.yaml").write_text(
            'version: 1\nstore: {url: "sqlite:///ccm.db"}\nconnections: []\n'
        )
        quiet, busy = _make(folder, options)
        print(table(("command", "seconds", "processor s", "peak MiB"), []))
        for command in _commands(folder, options):
            print(table_line(_measured(folder, command)), flush=True)
        print(f"\nfollowing an evaluation in which nothing changed: {quiet * 1000:.1f} ms")
        print(
            f"following one with {options.new} new and {options.new} resolved: {busy * 1000:.1f} ms"
        )
    return 0


def _make(folder: Path, options: argparse.Namespace) -> tuple[float, float]:
    """Fill a store; return what following took when nothing changed, and when something did."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=options.days, hours=1)
    with closing(open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder)) as store:
        for day in range(options.days):
            numbers = range(day * options.new, day * options.new + options.open)
            busy = _followed(store, _evaluation(start + timedelta(days=day), numbers))
        quiet = _followed(store, _evaluation(start + timedelta(days=options.days), numbers))
        total = store.findings.count()
    print(f"{total:,} findings, {options.open:,} of them open\n")
    return quiet, busy


def _followed(store: EvidenceStore, evaluation: Evaluation) -> float:
    digest = store.evaluations.append(evaluation, EvaluationInputs(host_version="0"))
    part = TrackedPart(digest=digest, evaluation=evaluation, scope=None)
    began = time.process_time()
    track_findings(store, part)
    return time.process_time() - began


def _evaluation(at: datetime, numbers: range) -> Evaluation:
    """Return an evaluation in which incidents of these numbers fail, each by one of the checks."""
    rules = {severity: f"bench_{severity.value}" for severity in SEVERITIES}
    failing: dict[str, list[Result]] = {name: [] for name in rules.values()}
    for number in numbers:
        name = rules[SEVERITIES[number % len(SEVERITIES)]]
        failing[name].append(_result(name, number))
    return Evaluation(
        evaluated_at=at,
        packs=(),
        connections=(CONNECTION,),
        sufficiency=(),
        rules=tuple(_rule(name, severity, failing[name]) for severity, name in rules.items()),
        controls=(),
    )


def _rule(name: str, severity: Severity, results: Sequence[Result]) -> RuleResult:
    return RuleResult(
        rule=name,
        pack="bench",
        title=f"Check of {severity.value} severity",
        severity=severity,
        status=Status.FAIL if results else Status.PASS,
        population=Population(),
        controls=(Control(framework="soc2", id="CC7.4"),),
        remediation="See why nobody acknowledged it, and name somebody who does.",
        results=tuple(results),
    )


def _result(rule: str, number: int) -> Result:
    key = f"P{number:06}"
    title = f"#{number} Checkout: error rate above 2 %"
    return Result(
        id=result_id(rule, CONNECTION, KIND, key),
        rule=rule,
        connection=CONNECTION,
        subject=Subject(
            kind=KIND,
            key=key,
            title=title,
            url=f"https://acme.example/incidents/{key}",
            owners=(f"Team {number % 12}",),
        ),
        status=Status.FAIL,
        reason=f"{title}: not acknowledged by a person, limit 15m",
    )


def _commands(folder: Path, options: argparse.Namespace) -> Iterator[Sequence[str]]:
    last = (options.days - 1) * options.new + options.open - 1
    rule = f"bench_{SEVERITIES[last % len(SEVERITIES)].value}"
    with closing(open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder)) as store:
        wanted = next(
            finding.id
            for finding in store.findings.current()
            if finding.subject.key == f"P{last:06}" and finding.rule == rule
        )
    yield ("findings", "list")
    yield ("findings", "list", "--output", "json")
    yield ("findings", "list", "--all", "--output", "json")
    yield ("findings", "show", wanted)
    yield ("findings", "show", wanted[:10])


def _measured(folder: Path, command: Sequence[str]) -> list[str]:
    """Run a command several times; return the cells of its row: the run in the middle."""
    ccm = str(Path(sys.executable).with_name("ccm"))
    figures = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own
            [ccm, "-c", str(folder / "ccm.yaml"), *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
        seconds = time.perf_counter() - began
        figures.append((seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
    seconds, processor, peak = sorted(figures)[ROUNDS // 2]
    return [f"`{' '.join(command)}`", f"{seconds:.2f}", f"{processor:.2f}", f"{peak:.0f}"]


if __name__ == "__main__":
    sys.exit(main())
