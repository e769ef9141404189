"""Runs a simulator until interrupted: ``python -m pagerduty_simulator --port 8080``."""

from __future__ import annotations

import argparse
import gc
import sys
import threading
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pagerduty_simulator.account.account import Account, AccountSizes
from pagerduty_simulator.api.control import SimulatorControl
from pagerduty_simulator.api.scopes import REQUIRED
from pagerduty_simulator.api.server import PagerDutySimulator
from pagerduty_simulator.demo_data.account import LOOKBACK_DAYS, build_account
from pagerduty_simulator.demo_data.bulk_incidents import many_incidents
from pagerduty_simulator.identity.server import IdentitySimulator
from pagerduty_simulator.identity.state import AppKind

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve an account, and print where it is and with which key."""
    chosen = _parser().parse_args(arguments)
    control = SimulatorControl(latency=chosen.latency, rate_limit=chosen.rate_limit)
    account = _account(chosen.seed, chosen.incidents)
    gc.freeze()  # the account stays, so the collector need not walk through it again and again
    with ExitStack() as stack:
        simulator = PagerDutySimulator(account, control=control, port=chosen.port)
        stack.enter_context(simulator)
        said = {"base_url": simulator.base_url, "key": simulator.api_key}
        if chosen.identity:
            server = stack.enter_context(IdentitySimulator(account, control=control))
            said |= _apps(server, chosen.token_life)
        sys.stdout.write("".join(f"{name}: {value}\n" for name, value in said.items()))
        sys.stdout.flush()
        stack.enter_context(suppress(KeyboardInterrupt))
        threading.Event().wait()
    return 0


def _apps(server: IdentitySimulator, token_life: float | None) -> dict[str, str]:
    """Register an app of each kind; say where the server is and what they are known by."""
    identity = server.identity
    identity.access_lifetime = None if token_life is None else timedelta(seconds=token_life)
    classic = identity.register()
    scoped = identity.register(*REQUIRED.values(), kind=AppKind.SCOPED)
    return {
        "identity_url": server.base_url,
        "subdomain": identity.subdomain,
        "classic_client_id": classic.client_id,
        "classic_client_secret": str(classic.client_secret),
        "scoped_client_id": scoped.client_id,
        "scoped_client_secret": str(scoped.client_secret),
    }


def _account(seed: int, incidents: int | None) -> Account:
    now = datetime.now(UTC)
    if incidents is None:
        return build_account(now, seed=seed)
    account = build_account(now, seed=seed, sizes=AccountSizes(incidents=0))
    many_incidents(account, incidents, spread=(now - timedelta(days=LOOKBACK_DAYS), now))
    return account


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pagerduty_simulator",
        description="Serve a made-up PagerDuty account on 127.0.0.1.",
    )
    parser.add_argument("--port", type=int, default=0, help="where to listen; 0 takes a free port")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same account")
    parser.add_argument(
        "--incidents",
        type=int,
        help=f"serve this many even incidents of the last {LOOKBACK_DAYS} days instead of its own",
    )
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each response")
    parser.add_argument("--rate-limit", type=int, default=960, help="requests a minute")
    parser.add_argument(
        "--identity", action="store_true", help="serve an identity server beside it, with two apps"
    )
    parser.add_argument("--token-life", type=float, help="seconds that its access tokens live")
    return parser


if __name__ == "__main__":
    sys.exit(main())
