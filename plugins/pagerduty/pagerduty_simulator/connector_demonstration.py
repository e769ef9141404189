"""The simulator as the connector's demonstration: the one module that the connector imports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import Demonstration, DemoSource
from pagerduty_simulator.api.faults import refuse_path

CONNECTION = "pagerduty-demo"


def demonstration() -> Demonstration:
    """Return the demonstration: a simulated company's account on loopback."""
    return Demonstration(
        open=lambda: source_at(datetime.now(UTC)),
        open_past=lambda days: source_with_past(datetime.now(UTC), days),
    )


@contextmanager
def source_with_past(now: datetime, days: int) -> Iterator[DemoSource]:
    """Serve a company's account that can be led through the days before a moment."""
    from pagerduty_simulator.api.server import PagerDutySimulator
    from pagerduty_simulator.demo_data.company.account import build_company
    from pagerduty_simulator.demo_data.company.past import CompanyPast

    past = CompanyPast(build_company(now, days), now, days)
    with PagerDutySimulator(past.account, control=past.control) as simulator:
        port = urlsplit(simulator.base_url).port
        yield DemoSource(
            connection=CONNECTION,
            settings={"base_url": simulator.base_url, "lookback": "30d", "lookahead": "14d"},
            auth_method="api_key",
            secrets={"key": Secret(simulator.api_key)},
            serve_command=f"python -m pagerduty_simulator --company {days} --port {port}",
            history=past.history(),
        )


@contextmanager
def source_at(now: datetime) -> Iterator[DemoSource]:
    """Serve the simulated company's account as of a moment."""
    from pagerduty_simulator.api.control import SimulatorControl
    from pagerduty_simulator.api.server import PagerDutySimulator
    from pagerduty_simulator.demo_data.account import build_account

    account = build_account(now)
    control = SimulatorControl()
    # As in real accounts: a key that may not read everything, and a private team.
    control.deny("/oncalls")
    control.inject("/teams/{id}/members", refuse_path(f"/teams/{min(account.teams)}/members"))
    with PagerDutySimulator(account, control=control) as simulator:
        port = urlsplit(simulator.base_url).port
        yield DemoSource(
            connection=CONNECTION,
            settings={"base_url": simulator.base_url, "lookback": "30d", "lookahead": "14d"},
            auth_method="api_key",
            secrets={"key": Secret(simulator.api_key)},
            serve_command=f"python -m pagerduty_simulator --port {port}",
        )
