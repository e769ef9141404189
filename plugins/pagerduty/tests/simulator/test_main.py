"""``python -m pagerduty_simulator``: a simulated account for as long as it is needed."""

from __future__ import annotations

import subprocess
import sys

import httpx  # noqa: TID253 - the test reads over HTTP


def test_it_runs_by_hand():
    """``python -m pagerduty_simulator`` prints where it is and its key, then serves."""
    command = [sys.executable, "-m", "pagerduty_simulator", "--incidents", "7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603 - our own
        try:
            told = [running.stdout.readline() for _ in range(2)]
            base_url, key = (line.split(": ", 1)[1].strip() for line in told)
            headers = {"Authorization": f"Token token={key}"}
            answer = httpx.get(f"{base_url}/incidents?total=true", headers=headers, trust_env=False)
        finally:
            running.terminate()
    assert answer.json()["total"] == 7
