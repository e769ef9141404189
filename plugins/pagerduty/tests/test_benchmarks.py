"""The benchmarks run; what they measure is not looked at here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


def printed(program, *options):
    """Run a benchmark and give the cells of the table it prints, its header left out."""
    command = [sys.executable, str(BENCHMARKS / program), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.slow
def test_collecting_is_measured_beside_the_vendors_client():
    """Each side reads every incident, and says how long it took and what it held."""
    rows = printed("collect.py", "--incidents", "200", "--rounds", "1", "--no-warm-up")
    assert [row[1] for row in rows] == ["200", "200", "200"]
    assert all(float(cell) > 0 for row in rows for cell in row[2:])


@pytest.mark.slow
def test_a_row_of_the_table_can_be_printed_alone():
    """Small, and without installing anything."""
    rows = printed("table.py", "day", "--scale", "0.01", "--no-peers")
    assert [row[2] for row in rows] == ["174 of 174"] * 3
    assert rows[-1][-1] == "complete"


@pytest.mark.slow
def test_judging_many_rules_is_measured():
    """Reading, deriving, judging, and judging again what changed."""
    rows = printed("rules.py", "--incidents", "60", "--rules", "5")
    assert (rows[0][0], rows[-1][0]) == ("read the records from the store", "again, all of it")
    assert all(float(row[1]) >= 0 for row in rows)


def test_the_ledger_is_measured():
    """What appending costs beside keeping, and what verifying takes; the store is sound."""
    rows = dict(printed("ledger.py", "--records", "2000", "--window", "500"))
    assert rows["findings"] == "0"
    assert int(rows["leaves verified"].replace(",", "")) > 2000
