"""A PagerDuty on loopback, made up but faithful, and steerable by tests.

``with PagerDutySimulator(build_account(now)) as simulator:`` serves an account at
``simulator.base_url``; ``simulator.steering`` changes how it behaves. An ``IdentitySimulator``
beside it is the identity server, whose tokens the simulator lets in.
"""

from __future__ import annotations

from ccm_pagerduty.simulator.account import Account, AccountSizes
from ccm_pagerduty.simulator.app import SimulatedPagerDuty
from ccm_pagerduty.simulator.build import build_account
from ccm_pagerduty.simulator.identity_app import IdentitySimulator, SimulatedIdentity
from ccm_pagerduty.simulator.population import many_incidents
from ccm_pagerduty.simulator.registry import AppKind, Identity, RegisteredApp
from ccm_pagerduty.simulator.server import PagerDutySimulator
from ccm_pagerduty.simulator.steering import Steering

__all__ = [
    "Account",
    "AccountSizes",
    "AppKind",
    "Identity",
    "IdentitySimulator",
    "PagerDutySimulator",
    "RegisteredApp",
    "SimulatedIdentity",
    "SimulatedPagerDuty",
    "Steering",
    "build_account",
    "many_incidents",
]
