"""The simulator as the connector's demonstration: the one module that the connector imports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import Demonstration, DemoSource
from pagerduty_simulator.api.faults import Fault, Responder, refuse
from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.api.responses import SimulatedResponse

CONNECTION = "pagerduty-demo"


def demonstration() -> Demonstration:
    """Return the demonstration: a simulated company's account on loopback."""
    return Demonstration(open=lambda: source_at(datetime.now(UTC)))


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
    control.inject("/teams/{id}/members", _private(f"/teams/{min(account.teams)}/members"))
    with PagerDutySimulator(account, control=control) as simulator:
        port = urlsplit(simulator.base_url).port
        yield DemoSource(
            connection=CONNECTION,
            settings={"base_url": simulator.base_url, "lookback": "30d", "lookahead": "14d"},
            auth_method="api_key",
            secrets={"key": Secret(simulator.api_key)},
            serve_command=f"python -m pagerduty_simulator --port {port}",
        )


def _private(path: str) -> Fault:
    """Refuse one path, as for a private team: its members cannot be evaluated."""

    def fault(request: SimulatedRequest, respond: Responder) -> SimulatedResponse:
        return refuse(403)(request, respond) if request.path == path else respond(request)

    return fault
