"""A simulated account, read in the same process or over a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx  # noqa: TID253 - every test here reads over HTTP
import pytest
from pagerduty_simulator import (
    Account,
    AccountSizes,
    PagerDutySimulator,
    SimulatedPagerDuty,
    SimulatorControl,
    build_account,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SMALL = AccountSizes(services=8, policies=5, schedules=6, users=40, teams=3, incidents=120)
Get = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def now() -> datetime:
    """The moment of every account here."""
    return NOW


@pytest.fixture(scope="session")
def whole_account() -> Account:
    """The default account, to be read only."""
    return build_account(NOW)


@pytest.fixture
def account() -> Account:
    """A small account that a test may change."""
    return build_account(NOW, sizes=SMALL)


@pytest.fixture
def app(account: Account) -> SimulatedPagerDuty:
    """The small account, served."""
    return SimulatedPagerDuty(account)


@pytest.fixture
def control(app: SimulatedPagerDuty) -> SimulatorControl:
    """The controls of the small account's simulator."""
    return app.control


@pytest.fixture
def get(app: SimulatedPagerDuty) -> Get:
    """Read the small account in the same process: ``get("/users", {"limit": 5})``."""
    return reader_of(app)


@pytest.fixture(scope="session")
def get_whole(whole_account: Account) -> Get:
    """Read the default account in the same process."""
    return reader_of(SimulatedPagerDuty(whole_account, SimulatorControl(rate_limit=1_000_000)))


@pytest.fixture
def simulator(account: Account) -> Iterator[PagerDutySimulator]:
    """The small account on a socket."""
    with PagerDutySimulator(account) as running:
        yield running


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The vendor's description and published responses, beside the repository."""
    folder = Path(__file__).parents[5] / "shared" / "pagerduty"
    if not folder.is_dir():
        pytest.skip(f"no reference data at {folder}")
    return folder


def reader_of(app: SimulatedPagerDuty) -> Get:
    """Return the function that reads an application."""

    async def request(method: str, path: str, params: object, key: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        headers = {"Authorization": key}
        async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as client:
            return await client.request(method, path, params=params, headers=headers)

    def read(
        path: str,
        params: object = None,
        *,
        method: str = "GET",
        key: str = "Token token=u+simulated-account-key",
    ) -> httpx.Response:
        return asyncio.run(request(method, path, params, key))

    return read
