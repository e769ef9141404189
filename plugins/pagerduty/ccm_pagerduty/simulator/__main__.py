"""Runs a simulator until interrupted: ``python -m ccm_pagerduty.simulator --port 8080``."""

from __future__ import annotations

import argparse
import gc
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ccm_pagerduty.simulator.account import Account, AccountSizes
from ccm_pagerduty.simulator.build import LOOKBACK_DAYS, build_account
from ccm_pagerduty.simulator.population import many_incidents
from ccm_pagerduty.simulator.server import PagerDutySimulator
from ccm_pagerduty.simulator.steering import Steering

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve an account, and print where it is and with which key."""
    chosen = _parser().parse_args(arguments)
    steering = Steering(latency=chosen.latency, rate_limit=chosen.rate_limit)
    account = _account(chosen.seed, chosen.incidents)
    gc.freeze()  # the account stays, so the collector need not walk through it again and again
    with (
        PagerDutySimulator(account, steering=steering, port=chosen.port) as simulator,
        suppress(KeyboardInterrupt),
    ):
        sys.stdout.write(f"base_url: {simulator.base_url}\nkey: {simulator.api_key}\n")
        sys.stdout.flush()
        threading.Event().wait()
    return 0


def _account(seed: int, incidents: int | None) -> Account:
    now = datetime.now(UTC)
    if incidents is None:
        return build_account(now, seed=seed)
    account = build_account(now, seed=seed, sizes=AccountSizes(incidents=0))
    many_incidents(account, incidents, spread=(now - timedelta(days=LOOKBACK_DAYS), now))
    return account


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ccm_pagerduty.simulator",
        description="Serve a made-up PagerDuty account on 127.0.0.1.",
    )
    parser.add_argument("--port", type=int, default=0, help="where to listen; 0 takes a free port")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same account")
    parser.add_argument(
        "--incidents",
        type=int,
        help=f"serve this many even incidents of the last {LOOKBACK_DAYS} days instead of its own",
    )
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--rate-limit", type=int, default=960, help="requests a minute")
    return parser


if __name__ == "__main__":
    sys.exit(main())
