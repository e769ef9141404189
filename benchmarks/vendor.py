"""The vendor's published client: iterate over an account, keep nothing."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from measured import measured
from pagerduty import RestApiV2Client


class Loopback(httpx2.HTTPTransport):
    """Carries to the simulator what the client, which insists on HTTPS, sends to PagerDuty."""

    def __init__(self, base_url: str) -> None:
        """Send everything to an address."""
        super().__init__()
        self._base = httpx2.URL(base_url)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request over the socket."""
        base = self._base
        request.url = request.url.copy_with(scheme=base.scheme, host=base.host, port=base.port)
        return super().handle_request(request)


class Warnings(logging.Handler):
    """Keeps the first warning of a client for the table."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__(logging.WARNING)
        self.first: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Take one."""
        self.first = self.first or record.getMessage()


def history(client: RestApiV2Client, path: str) -> Iterator[Any]:
    """Read a month by halving it until it fits."""
    now = datetime.now(UTC).replace(microsecond=0)
    return client.iter_history(path, now - timedelta(days=30), now)


def every(client: RestApiV2Client, path: str) -> Iterator[Any]:
    """Read a month in one listing."""
    now = datetime.now(UTC).replace(microsecond=0)
    window = {"since": (now - timedelta(days=30)).isoformat(), "until": now.isoformat()}
    return client.iter_all(path, params=window)


def one_by_one(client: RestApiV2Client) -> Iterator[Any]:
    """Read incidents, and the log entries of each."""
    for incident in history(client, "/incidents"):
        yield incident
        yield from client.iter_all(f"/incidents/{incident['id']}/log_entries")


def account_wide(client: RestApiV2Client) -> Iterator[Any]:
    """Read incidents, and the log entries of the account."""
    yield from history(client, "/incidents")
    yield from history(client, "/log_entries")


WORK: dict[str, Callable[[RestApiV2Client], Iterator[Any]]] = {
    "iter_all": lambda client: every(client, "incidents"),
    "iter_history": lambda client: history(client, "/incidents"),
    "one_by_one": one_by_one,
    "account_wide": account_wide,
}


def main() -> int:
    """Iterate, and say how many came."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("work", choices=sorted(WORK))
    asked = parser.parse_args()
    warnings = Warnings()
    logging.getLogger().addHandler(warnings)
    with measured() as found:
        found["items"] = 0
        loopback = Loopback(asked.url)
        with RestApiV2Client(asked.key, transport=loopback, trust_env=False) as client:
            for _ in WORK[asked.work](client):
                found["items"] += 1
        if warnings.first:
            found["warning"] = warnings.first
    return 0


if __name__ == "__main__":
    sys.exit(main())
