"""The simulated account of the hourly benchmark, in a process of its own.

It prints one JSON line with its address and key, then carries out each JSON line of its standard
input: ``skew`` is how far the account's clock is ahead, ``incidents`` adds so many in the last
hour, and ``changed`` appends a note to so many older ones, half of them the newest, half spread
evenly.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hour_sizes import ACCOUNTS
from pagerduty_simulator import Account, PagerDutySimulator, SimulatorControl, build_account
from pagerduty_simulator.account.incident_store import Event
from pagerduty_simulator.api.credentials import SimulatedCredential
from pagerduty_simulator.demo_data.bulk_incidents import many_incidents

UNLIMITED = 10**9
KEY = "u+benchmark-of-hours"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--account", choices=ACCOUNTS, required=True)
    parser.add_argument("--now", type=datetime.fromisoformat, required=True)
    options = parser.parse_args(arguments)
    account = _account(options.account, options.now)
    gc.collect()
    gc.freeze()  # the account stays: its objects are not traversed during a measurement
    control = SimulatorControl(
        api_keys={KEY: SimulatedCredential(secret=KEY)},
        rate_limit=UNLIMITED,
        on_call_limit=UNLIMITED,
    )
    with PagerDutySimulator(account, control=control) as simulator:
        _print({"url": simulator.base_url, "key": KEY})
        for line in sys.stdin:
            _print(_obey(account, control, json.loads(line)))
    return 0


def _account(name: str, now: datetime) -> Account:
    size = ACCOUNTS[name]
    account = build_account(now, sizes=size.objects)
    if size.bulk:
        until = now - timedelta(hours=2)
        many_incidents(account, size.bulk, spread=(until - timedelta(days=27), until))
    return account


def _obey(account: Account, control: SimulatorControl, order: dict[str, Any]) -> dict[str, Any]:
    """Carry out an order; return the number of requests since the one before."""
    requests = len(control.requests)
    control.requests.clear()
    # Responses are dated by the machine's clock, with which the client's transport compares them.
    now = datetime.now(UTC) + timedelta(seconds=order.get("skew", 0))
    if changed := order.get("changed", 0):
        _note(account, changed, now)
    if incidents := order.get("incidents", 0):
        spread = (now - timedelta(minutes=59), now - timedelta(minutes=40))
        many_incidents(account, incidents, spread=spread)
    return {"requests": requests}


def _note(account: Account, number: int, now: datetime) -> None:
    numbers = sorted(incident.number for incident in account.incidents)
    newest, older = numbers[-(number // 2) :], numbers[: -(number // 2)]
    spread = older[:: max(1, len(older) // (number - number // 2))][: number - number // 2]
    for position in [*newest, *spread]:
        incident = account.incidents[position]
        agent = incident.references.service
        after = int(now.timestamp()) - 300 - incident.created
        account.incidents.append_events(position, Event(after, "annotate", agent, "website"))


def _print(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
