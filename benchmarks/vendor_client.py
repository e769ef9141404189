"""The vendor's published client: iterate over an account, store nothing."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from measurement import measured
from pagerduty import RestApiV2Client


class VendorTransport(httpx2.HTTPTransport):
    """Sends to the simulator what the client, which requires HTTPS, sends to PagerDuty."""

    def __init__(self, base_url: str) -> None:
        """Send everything to an address."""
        super().__init__()
        self._base = httpx2.URL(base_url)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request over the socket."""
        base = self._base
        request.url = request.url.copy_with(scheme=base.scheme, host=base.host, port=base.port)
        return super().handle_request(request)


class FirstWarning(logging.Handler):
    """Stores the first warning of a client for the table."""

    def __init__(self) -> None:
        """Begin without a warning."""
        super().__init__(logging.WARNING)
        self.first: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Store the message of the first record."""
        self.first = self.first or record.getMessage()


def history(client: RestApiV2Client, path: str) -> Iterator[Any]:
    """Read a month by halving it until it fits."""
    now = datetime.now(UTC).replace(microsecond=0)
    return client.iter_history(path, now - timedelta(days=30), now)


def single_listing(client: RestApiV2Client, path: str) -> Iterator[Any]:
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
    "iter_all": lambda client: single_listing(client, "incidents"),
    "iter_history": lambda client: history(client, "/incidents"),
    "one_by_one": one_by_one,
    "account_wide": account_wide,
}


def main() -> int:
    """Iterate, and report how many items were read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("work", choices=sorted(WORK))
    options = parser.parse_args()
    handler = FirstWarning()
    logging.getLogger().addHandler(handler)
    with measured() as report:
        report["items"] = 0
        transport = VendorTransport(options.url)
        with RestApiV2Client(options.key, transport=transport, trust_env=False) as client:
            for _ in WORK[options.work](client):
                report["items"] += 1
        if handler.first:
            report["warning"] = handler.first
    return 0


if __name__ == "__main__":
    sys.exit(main())
