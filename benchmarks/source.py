"""The simulated account in a process of its own, steered through its standard input.

It prints one JSON line that says where it is, then answers each JSON line it reads with one.
Requests are counted here, by what was answered, and not by the side that is measured.
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
"""How long ago the last incident was: all of them are over, and none is on the edge."""
UNLIMITED = 10**9
KEY = "u+benchmark-of-reads"
"""As long as PagerDuty's own: one of the clients looks at that."""

FAULTS: dict[str, Callable[[], faults.Fault | None]] = {
    "honest": lambda: None,
    "500": lambda: faults.refuse(500),
    "truncated": lambda: faults.truncated,
    "cut": lambda: faults.cut_connection,
}


class Closed:
    """Limits every request for a while, and says how much of the while is left."""

    def __init__(self, seconds: float, after: int) -> None:
        """Begin with the request after so many."""
        self.seconds, self.after = seconds, after
        self.began: float | None = None
        self.answered: float | None = None

    def __call__(self, request: SimulatedRequest, respond: faults.Responder) -> SimulatedResponse:
        """Answer 429 until the while is over."""
        now = time.monotonic()
        if self.after > 0:
            self.after -= 1
            return respond(request)
        self.began = now if self.began is None else self.began
        left = self.began + self.seconds - now
        if left > 0:
            return faults.rate_limited(math.ceil(left))
        self.answered = self.answered or now
        return respond(request)

    def said(self) -> dict[str, float]:
        """Give what was asked and how long it was until somebody was let in again."""
        if self.began is None:
            return {}
        waited = {"waited": self.answered - self.began} if self.answered else {}
        return {"asked": self.seconds, **waited}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until standard input ends."""
    asked = _parser().parse_args(arguments)
    now = datetime.now(UTC).replace(microsecond=0)
    account = build_account(now, sizes=AccountSizes(services=asked.services, incidents=0))
    _populate(account, asked, now - LATEST)
    # The account stays: the collector need not walk through it while a side is measured.
    gc.collect()
    gc.freeze()
    control = SimulatorControl(
        api_keys={KEY: SimulatedCredential(secret=KEY)},
        latency=asked.latency,
        rate_limit=UNLIMITED,
        on_call_limit=UNLIMITED,
    )
    with PagerDutySimulator(account, control=control) as simulator:
        _tell({"url": simulator.base_url, "key": KEY})
        closed: Closed | None = None
        for line in sys.stdin:
            order = json.loads(line)
            told = {**_obey(control, order), "limited": closed.said() if closed else {}}
            closed = None
            if "closed" in order:
                closed = Closed(order["closed"], after=5)
                control.inject("/incidents", closed)
            _tell(told)
    return 0


def _populate(account: Account, asked: argparse.Namespace, until: datetime) -> None:
    if asked.spread == "second":
        many_incidents(account, asked.incidents, at=until)
        return
    length = timedelta(days=1) if asked.spread == "day" else timedelta(days=29)
    many_incidents(account, asked.incidents, spread=(until - length, until))


def _obey(control: SimulatorControl, order: dict[str, Any]) -> dict[str, Any]:
    """Carry out one order; give what was answered since the one before."""
    answered = Counter(f"{each.template or each.path} {each.status}" for each in control.requests)
    control.requests.clear()
    control.allow("/incidents")
    control.script("/incidents", [FAULTS[name]() for name in order.get("script", ())])
    return {"requests": answered.total(), "answers": dict(sorted(answered.items()))}


def _tell(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Serve a simulated account to a benchmark.")
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--spread", choices=("month", "day", "second"), default="month")
    parser.add_argument("--services", type=int, default=60)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    return parser


if __name__ == "__main__":
    sys.exit(main())
