"""A PagerDuty on loopback, made up but faithful, and steerable by tests.

``with PagerDutySimulator(build_account(now)) as simulator:`` serves an account at
``simulator.base_url``; ``simulator.control`` changes how it behaves. An ``IdentitySimulator``
beside it is the identity server, whose tokens the simulator lets in.
"""

from __future__ import annotations

from pagerduty_simulator.account.account import Account, AccountSizes
from pagerduty_simulator.api.app import SimulatedPagerDuty
from pagerduty_simulator.api.control import SimulatorControl
from pagerduty_simulator.api.server import PagerDutySimulator
from pagerduty_simulator.demo_data.account import build_account
from pagerduty_simulator.demo_data.bulk_incidents import many_incidents
from pagerduty_simulator.identity.app import SimulatedIdentity
from pagerduty_simulator.identity.server import IdentitySimulator
from pagerduty_simulator.identity.state import AppKind, IdentityState, RegisteredApp

__all__ = [
    "Account",
    "AccountSizes",
    "AppKind",
    "IdentitySimulator",
    "IdentityState",
    "PagerDutySimulator",
    "RegisteredApp",
    "SimulatedIdentity",
    "SimulatedPagerDuty",
    "SimulatorControl",
    "build_account",
    "many_incidents",
]
