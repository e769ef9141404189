"""``python -m pagerduty_simulator``: a simulated account for as long as it is needed."""

from __future__ import annotations

import subprocess
import sys

import httpx  # noqa: TID253 - the test reads over HTTP


def test_the_command_serves_an_account():
    """It prints the address and the key, then serves."""
    command = [sys.executable, "-m", "pagerduty_simulator", "--incidents", "7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603 - our own
        try:
            lines = [running.stdout.readline() for _ in range(2)]
            base_url, key = (line.split(": ", 1)[1].strip() for line in lines)
            headers = {"Authorization": f"Token token={key}"}
            response = httpx.get(
                f"{base_url}/incidents?total=true&date_range=all", headers=headers, trust_env=False
            )
        finally:
            running.terminate()
    assert response.json()["total"] == 7
