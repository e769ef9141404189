"""The identity server on a loopback port, in a thread of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pagerduty_simulator.api.loopback_server import LoopbackServer
from pagerduty_simulator.identity.app import SimulatedIdentity
from pagerduty_simulator.identity.oauth import AUTHORIZE, KEYS, TOKEN

if TYPE_CHECKING:
    from pagerduty_simulator.account.account import Account
    from pagerduty_simulator.api.control import SimulatorControl
    from pagerduty_simulator.identity.state import IdentityState


class IdentitySimulator(LoopbackServer):
    """PagerDuty's identity server beside a simulated API: the two share account and control.

    ``IdentitySimulator(api.account, control=api.control)`` is the one beside ``api``.
    """

    def __init__(
        self,
        account: Account,
        *,
        control: SimulatorControl,
        identity: IdentityState | None = None,
        port: int = 0,
    ) -> None:
        self.app = SimulatedIdentity(account, control, identity)
        super().__init__(self.app, port=port, name="pagerduty-identity-simulator")

    @property
    def identity(self) -> IdentityState:
        """The state: apps, codes, tokens, and the controls for tests."""
        return self.app.identity

    @property
    def authorize_url(self) -> str:
        """The authorization endpoint, for the browser."""
        return self.base_url + AUTHORIZE

    @property
    def token_url(self) -> str:
        """The token endpoint, where codes and refresh tokens become access tokens."""
        return self.base_url + TOKEN

    @property
    def keys_url(self) -> str:
        """The public keys that verify ID tokens."""
        return self.base_url + KEYS
