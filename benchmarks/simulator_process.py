"""The simulated account in a process of its own, controlled through its standard input.

It prints one JSON line with its address and key, then answers each JSON line with one. Requests
are counted here, by their responses, and not by the client that is measured.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pagerduty_simulator import (
    Account,
    AccountSizes,
    PagerDutySimulator,
    SimulatorControl,
    build_account,
    many_incidents,
)
from pagerduty_simulator.api import faults
from pagerduty_simulator.api.credentials import SimulatedCredential
from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.api.responses import SimulatedResponse

LATEST = timedelta(hours=2)
"""The age of the newest incident: all are resolved, and none is at the end of the window."""
UNLIMITED = 10**9
KEY = "u+benchmark-of-reads"
"""As long as PagerDuty's own: one of the clients checks its length."""

FAULTS: dict[str, Callable[[], faults.Fault | None]] = {
    "none": lambda: None,
    "500": lambda: faults.refuse(500),
    "truncated": lambda: faults.truncated,
    "cut": lambda: faults.cut_connection,
}


class LimitedPeriod:
    """A fault: answers 429 for a period, with the seconds that remain of it."""

    def __init__(self, seconds: float, after: int) -> None:
        """Begin after some requests."""
        self.seconds, self.after = seconds, after
        self.started_at: float | None = None
        self.ended_at: float | None = None

    def __call__(self, request: SimulatedRequest, respond: faults.Responder) -> SimulatedResponse:
        """Respond with 429 until the period is over."""
        now = time.monotonic()
        if self.after > 0:
            self.after -= 1
            return respond(request)
        self.started_at = now if self.started_at is None else self.started_at
        remaining = self.started_at + self.seconds - now
        if remaining > 0:
            return faults.rate_limited(math.ceil(remaining))
        self.ended_at = self.ended_at or now
        return respond(request)

    def report(self) -> dict[str, float]:
        """Return the length of the period, and how long no request was accepted."""
        if self.started_at is None:
            return {}
        waited = {"waited": self.ended_at - self.started_at} if self.ended_at else {}
        return {"limited": self.seconds, **waited}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until standard input ends."""
    options = _parser().parse_args(arguments)
    now = datetime.now(UTC).replace(microsecond=0)
    account = build_account(now, sizes=AccountSizes(services=options.services, incidents=0))
    _add_incidents(account, options, now - LATEST)
    # The account stays: the garbage collector need not traverse it during a measurement.
    gc.collect()
    gc.freeze()
    control = SimulatorControl(
        api_keys={KEY: SimulatedCredential(secret=KEY)},
        latency=options.latency,
        rate_limit=UNLIMITED,
        on_call_limit=UNLIMITED,
    )
    with PagerDutySimulator(account, control=control) as simulator:
        _print({"url": simulator.base_url, "key": KEY})
        period: LimitedPeriod | None = None
        for line in sys.stdin:
            order = json.loads(line)
            report = {**_apply(control, order), "limits": period.report() if period else {}}
            period = None
            if "limit_seconds" in order:
                period = LimitedPeriod(order["limit_seconds"], after=5)
                control.inject("/incidents", period)
            _print(report)
    return 0


def _add_incidents(account: Account, options: argparse.Namespace, until: datetime) -> None:
    if options.spread == "second":
        many_incidents(account, options.incidents, at=until)
        return
    length = timedelta(days=1) if options.spread == "day" else timedelta(days=29)
    many_incidents(account, options.incidents, spread=(until - length, until))


def _apply(control: SimulatorControl, order: dict[str, Any]) -> dict[str, Any]:
    """Apply an order; return the counts of requests since the previous one."""
    responses = Counter(
        f"{request.template or request.path} {request.status}" for request in control.requests
    )
    control.requests.clear()
    control.allow("/incidents")
    control.script("/incidents", [FAULTS[name]() for name in order.get("faults", ())])
    return {"requests": responses.total(), "responses": dict(sorted(responses.items()))}


def _print(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Serve a simulated account to a benchmark.")
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--spread", choices=("month", "day", "second"), default="month")
    parser.add_argument("--services", type=int, default=60)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each response")
    return parser


if __name__ == "__main__":
    sys.exit(main())
