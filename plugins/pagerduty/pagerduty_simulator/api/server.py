"""The simulated API on a loopback port, in a thread of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pagerduty_simulator.api.app import SimulatedPagerDuty
from pagerduty_simulator.api.credentials import API_KEY
from pagerduty_simulator.api.loopback_server import LoopbackServer

if TYPE_CHECKING:
    from pagerduty_simulator.account.account import Account
    from pagerduty_simulator.api.control import SimulatorControl


class PagerDutySimulator(LoopbackServer):
    """A PagerDuty that listens on 127.0.0.1 for as long as the ``with`` block lasts."""

    def __init__(
        self, account: Account, *, control: SimulatorControl | None = None, port: int = 0
    ) -> None:
        self.app = SimulatedPagerDuty(account, control)
        self.api_key = API_KEY
        super().__init__(self.app, port=port, name="pagerduty-simulator")

    @property
    def account(self) -> Account:
        """The account that is served."""
        return self.app.account

    @property
    def control(self) -> SimulatorControl:
        """The controls: faults, limits, rights, time."""
        return self.app.control
