"""What a person at a terminal sees while an account is read."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

PROGRAM = """
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from ccm_core.cli.terminal.progress import progress_of
from ccm_core.model.evidence.window import Window

now = datetime(2026, 11, 23, tzinfo=UTC)
names = ["acme-prod"]
with progress_of([SimpleNamespace(name=name) for name in names], quiet=False) as observers:
    bars = observers(names[0])
    bars.run_started("acme-prod", 2)
    bars.window_started("acme.case", Window(now - timedelta(days=7), now))
    bars.records_received("acme.case", 300, 900, 3)
    bars.rate_limited(12)
"""
LONG = PROGRAM.replace(
    "    bars.rate_limited(12)\n",
    """\
    bars.requests_estimated("acme.case", 12_000, 864)
    bars.records_received("acme.case", 310, None, 13)
""",
)
SEVERAL = PROGRAM.replace('["acme-prod"]', '["acme-prod", "acme-test"]').replace(
    "    bars.rate_limited(12)\n",
    """\
    other = observers(names[1])
    other.window_started("acme.team", None)
    other.records_received("acme.team", 5, 7, 1)
""",
)


@pytest.mark.skipif(os.name != "posix", reason="terminals are made in another way there")
def test_each_connection_has_a_bar_where_several_are_read_side_by_side():
    """With its name, both at the same time."""
    text = _shown(SEVERAL)
    last = text[text.rindex("acme-prod: acme.case") :]
    assert "300/900" in last
    assert "acme-test: acme.team" in last
    assert "5/7" in last


@pytest.mark.skipif(os.name != "posix", reason="terminals are made in another way there")
def test_progress_bar_shows_window_rows_requests_and_rate_limit():
    """How far it is, how fast it goes, and that it is the source's limit that makes it wait."""
    text = _shown(PROGRAM)
    for output in (
        "acme-prod: 2 kinds are due",
        "acme.case 2026-11-16…11-23",
        "300/900",
        "3 requests, 180 a minute",
        "waiting 12 s for the limit",
    ):
        assert output in text


@pytest.mark.skipif(os.name != "posix", reason="terminals are made in another way there")
def test_progress_bar_shows_how_long_many_requests_take():
    """Requests are counted where no total of items foretells the end."""
    text = _shown(LONG)
    for output in (
        "acme.case: about 12,000 requests to come, at least 14m at 864 a minute",
        "10/12000",
    ):
        assert output in text


def _shown(program: str) -> str:
    """Run a program at a terminal; return what it showed."""
    ours, theirs = os.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "150"}
    child = subprocess.Popen([sys.executable, "-c", program], stderr=theirs, env=environment)  # noqa: S603 - our own program
    os.close(theirs)
    screen = b""
    while piece := _read(ours):
        screen += piece
    os.close(ours)
    assert child.wait(30) == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.decode())


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other end was closed
        return b""
