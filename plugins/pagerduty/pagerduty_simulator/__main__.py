"""Serve a simulated account until interrupted: ``python -m pagerduty_simulator --port 8080``."""

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
from pagerduty_simulator.demo_data.company.account import build_company
from pagerduty_simulator.demo_data.company.past import CompanyPast
from pagerduty_simulator.identity.server import IdentitySimulator
from pagerduty_simulator.identity.state import AppKind

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve an account, and print its address and the API key."""
    options = _parser().parse_args(arguments)
    control = SimulatorControl(latency=options.latency, rate_limit=options.rate_limit)
    account = (
        _company(options.company, control)
        if options.company
        else _account(options.seed, options.incidents)
    )
    gc.freeze()  # the account stays: the garbage collector need not traverse it
    with ExitStack() as stack:
        simulator = PagerDutySimulator(account, control=control, port=options.port)
        stack.enter_context(simulator)
        lines = {"base_url": simulator.base_url, "key": simulator.api_key}
        if options.identity:
            server = stack.enter_context(IdentitySimulator(account, control=control))
            lines |= _register_apps(server, options.token_life)
        sys.stdout.write("".join(f"{name}: {value}\n" for name, value in lines.items()))
        sys.stdout.flush()
        stack.enter_context(suppress(KeyboardInterrupt))
        threading.Event().wait()
    return 0


def _register_apps(server: IdentitySimulator, token_life: float | None) -> dict[str, str]:
    """Register an app of each kind; return the server's address and the apps' credentials."""
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


def _company(days: int, control: SimulatorControl) -> Account:
    """Return the company of the demonstration as it is now, after so many days of history."""
    now = datetime.now(UTC)
    past = CompanyPast(build_company(now, days), now, days, control)
    past.move(now)
    return past.account


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
        description="Serve a simulated PagerDuty account on 127.0.0.1.",
    )
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0: any free port")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same account")
    parser.add_argument(
        "--company",
        type=int,
        metavar="DAYS",
        help="serve the company of the demonstration after so many days of history",
    )
    parser.add_argument(
        "--incidents",
        type=int,
        help=f"number of uniform incidents of the last {LOOKBACK_DAYS} days; default: varied ones",
    )
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each response")
    parser.add_argument("--rate-limit", type=int, default=960, help="requests per minute")
    parser.add_argument(
        "--identity", action="store_true", help="also serve an identity server, with two apps"
    )
    parser.add_argument(
        "--token-life", type=float, help="lifetime of its access tokens, in seconds"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
