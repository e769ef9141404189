"""The simulator on a loopback port, in its own thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.simulator.app import SimulatedPagerDuty
from ccm_pagerduty.simulator.credentials import API_KEY
from ccm_pagerduty.simulator.listening import Listening

if TYPE_CHECKING:
    from ccm_pagerduty.simulator.account import Account
    from ccm_pagerduty.simulator.steering import Steering


class PagerDutySimulator(Listening):
    """A PagerDuty that listens on 127.0.0.1 for as long as the ``with`` block lasts."""

    def __init__(
        self, account: Account, *, steering: Steering | None = None, port: int = 0
    ) -> None:
        self.app = SimulatedPagerDuty(account, steering)
        self.api_key = API_KEY
        super().__init__(self.app, port=port, name="pagerduty-simulator")

    @property
    def account(self) -> Account:
        """The account that is served."""
        return self.app.account

    @property
    def steering(self) -> Steering:
        """How it is steered."""
        return self.app.steering
