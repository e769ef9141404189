"""A simulated PagerDuty on loopback: an account, its REST API and its identity server.

Nothing here is recorded from PagerDuty: the account is generated from a seed, and the responses
follow PagerDuty's public documentation. Use it in tests, in benchmarks, or by hand::

    with PagerDutySimulator(build_account(now)) as simulator:
        simulator.control.deny("/oncalls")          # control: faults, limits, rights, time
        client = Client(base_url=simulator.base_url, key=simulator.api_key)

``SimulatedPagerDuty`` is the same API without a socket, for ``httpx.ASGITransport``. An
``IdentitySimulator`` beside it issues OAuth tokens that the API accepts.
``python -m pagerduty_simulator`` serves an account until it is interrupted.

The package belongs to the distribution ``ccm-pagerduty`` and needs its extra ``simulator``.
"""

from __future__ import annotations

try:
    from pagerduty_simulator.account.account import Account, AccountSizes
    from pagerduty_simulator.api.app import SimulatedPagerDuty
    from pagerduty_simulator.api.control import SimulatorControl
    from pagerduty_simulator.api.server import PagerDutySimulator
    from pagerduty_simulator.demo_data.account import build_account
    from pagerduty_simulator.demo_data.bulk_incidents import many_incidents
    from pagerduty_simulator.identity.app import SimulatedIdentity
    from pagerduty_simulator.identity.server import IdentitySimulator
    from pagerduty_simulator.identity.state import AppKind, IdentityState, RegisteredApp
except ModuleNotFoundError as error:
    msg = (
        f"pagerduty_simulator needs {error.name}, which is not installed; "
        "install it with: pip install 'ccm-pagerduty[simulator]'"
    )
    raise ModuleNotFoundError(msg, name=error.name, path=error.path) from error

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
