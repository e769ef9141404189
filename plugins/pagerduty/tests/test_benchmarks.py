"""The benchmarks run; their figures are not checked here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


def table_of(program, *options):
    """Run a benchmark and return the cells of the table it prints, without the header."""
    command = [sys.executable, str(BENCHMARKS / program), *options]
    covered = {name for name in os.environ if name.startswith("COVERAGE_PROCESS_")}
    process = subprocess.run(  # noqa: S603 - our own
        command,
        env={name: value for name, value in os.environ.items() if name not in covered},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    lines = [line for line in process.stdout.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.slow
def test_the_collect_benchmark_measures_ccm_and_the_vendors_client():
    """Each client reads every incident, and reports its time and memory."""
    rows = table_of("collect.py", "--incidents", "200", "--rounds", "1", "--no-warm-up")
    assert [row[1] for row in rows] == ["200", "200", "200"]
    assert all(float(cell) > 0 for row in rows for cell in row[2:])


@pytest.mark.slow
def test_the_table_benchmark_can_print_one_row():
    """At a small scale, and without installing other clients."""
    rows = table_of("table.py", "day", "--scale", "0.01", "--no-peers")
    assert [row[2] for row in rows] == ["174 of 174"] * 3
    assert rows[-1][-1] == "complete"


@pytest.mark.slow
def test_the_rules_benchmark_measures_an_evaluation():
    """Reading, deriving and evaluating everything."""
    rows = table_of("rules.py", "--incidents", "60", "--rules", "5")
    assert (rows[0][0], rows[-1][0]) == ("read the records from the store", "evaluate 5 rules")
    assert all(float(row[1]) >= 0 for row in rows)


def test_the_ledger_benchmark_measures_appending_and_verifying():
    """What appending costs beside keeping, and what verifying takes; the store is sound."""
    rows = dict(table_of("ledger.py", "--records", "2000", "--window", "500"))
    assert rows["problems"] == "0"
    assert int(rows["leaves verified"].replace(",", "")) > 2000
