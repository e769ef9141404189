"""The simulator as the connector's demonstration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import Demonstration, DemoSource

CONNECTION = "pagerduty-demo"


def demonstration() -> Demonstration:
    """Give the demonstration: a made-up company's account on loopback."""
    return Demonstration(open=_open)


@contextmanager
def _open() -> Iterator[DemoSource]:
    from ccm_pagerduty.simulator.build import build_account
    from ccm_pagerduty.simulator.server import PagerDutySimulator

    account = build_account(datetime.now(UTC))
    with PagerDutySimulator(account) as simulator:
        yield DemoSource(
            connection=CONNECTION,
            settings={"base_url": simulator.base_url, "lookback": "30d", "lookahead": "14d"},
            auth_method="api_key",
            secrets={"key": Secret(simulator.api_key)},
        )
