"""The simulated account in a process of its own, steered through its standard input.

It prints one JSON line that says where it is, then answers each JSON line it reads with one.
Requests are counted here, by what was answered, and not by the side that is measured.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ccm_pagerduty.simulator import (
    Account,
    AccountSizes,
    PagerDutySimulator,
    Steering,
    build_account,
    faults,
    many_incidents,
)

LATEST = timedelta(hours=2)
"""How long ago the last incident was: all of them are over, and none is on the edge."""
UNLIMITED = 10**9
WINDOW = 60.0

FAULTS: dict[str, Callable[[], faults.Fault | None]] = {
    "honest": lambda: None,
    "429": lambda: faults.too_many(2),
    "500": lambda: faults.refuse(500),
    "truncated": lambda: faults.truncated,
    "cut": lambda: faults.cut_connection,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until standard input ends."""
    asked = _parser().parse_args(arguments)
    now = datetime.now(UTC).replace(microsecond=0)
    account = build_account(now, sizes=AccountSizes(services=asked.services, incidents=0))
    _populate(account, asked, now - LATEST)
    # The account stays: the collector need not walk through it while a side is measured.
    gc.collect()
    gc.freeze()
    steering = Steering(latency=asked.latency, rate_limit=UNLIMITED, on_call_limit=UNLIMITED)
    with PagerDutySimulator(account, steering=steering) as simulator:
        _tell({"url": simulator.base_url, "key": simulator.api_key})
        for line in sys.stdin:
            _tell(_obey(steering, json.loads(line)))
    return 0


def _populate(account: Account, asked: argparse.Namespace, until: datetime) -> None:
    if asked.spread == "second":
        many_incidents(account, asked.incidents, at=until)
        return
    length = timedelta(days=1) if asked.spread == "day" else timedelta(days=29)
    many_incidents(account, asked.incidents, spread=(until - length, until))


def _obey(steering: Steering, order: dict[str, Any]) -> dict[str, Any]:
    """Carry out one order; give what was answered since the one before."""
    answered = Counter(f"{each.template or each.path} {each.status}" for each in steering.requests)
    steering.requests.clear()
    for template in order.get("allow", ()):
        steering.allow(template)
    for template, script in order.get("script", {}).items():
        steering.script(template, [FAULTS[name]() for name in script])
    steering.rate_limit = order.get("rate_limit", steering.rate_limit)
    steering.rate_window = order.get("rate_window", steering.rate_window)
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
