"""A connector that settings can be checked against, and a file for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import asynccontextmanager

import pytest

from ccm_core.sdk.timestamps import parse_duration
from ccm_core.sdk.types import AuthMethod, Collector, Connector, Horizon

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "region": {"enum": ["us", "eu"], "default": "us"},
        "lookback": {"type": "string", "format": "duration", "default": "30d"},
        "lookahead": {"type": "string", "format": "duration", "default": "14d"},
        "paging": {
            "type": "object",
            "default": {},
            "properties": {"size": {"type": "integer", "maximum": 100, "default": 50}},
        },
    },
}
API_KEY = AuthMethod(name="api_key", title="An API key", secrets=("key",))
OAUTH = AuthMethod(
    name="oauth",
    title="OAuth 2.0",
    secrets=("client_secret",),
    fields={
        "client_id": {"type": "string", "minLength": 3},
        "scopes": {"type": "array", "items": {"type": "string"}, "default": ["read"]},
    },
)
EXAMPLE = """\
  # The example of acme.
  - name: acme-prod
    connector: acme
    auth: {method: api_key, key: "env:ACME_API_KEY"}
    settings: {region: us}   # or eu
"""


@asynccontextmanager
async def connect(_request):
    """Open nothing: settings are read without a source."""
    yield None


async def nothing(_session):
    """Diagnose nothing."""
    return ()


async def collect(_session, _ask):
    """Collect nothing."""
    for finding in ():
        yield finding


def horizon(settings) -> Horizon:
    """Read the horizon as a connector does; more than a year is too much for this source."""
    found = Horizon(
        lookback=parse_duration(settings["lookback"]),
        lookahead=parse_duration(settings["lookahead"]),
    )
    if found.lookback > parse_duration("365d"):
        msg = "lookback is longer than a year, and acme keeps a year"
        raise ValueError(msg)
    return found


@pytest.fixture
def make_connector() -> Callable[..., Connector]:
    """Make a connector that differs from a good one where a test says so."""

    def make(**changed) -> Connector:
        given = {
            "name": "acme",
            "title": "Acme",
            "settings_schema": lambda: SCHEMA,
            "auth_methods": (API_KEY, OAUTH),
            "connect": connect,
            "collectors": (Collector(kind="acme.service", collect=collect),),
            "check": nothing,
            "horizon": horizon,
            "example": EXAMPLE,
        }
        return Connector(**{**given, **changed})

    return make


@pytest.fixture
def connectors(make_connector) -> dict[str, Connector]:
    """Give a catalog of one connector."""
    return {"acme": make_connector()}
