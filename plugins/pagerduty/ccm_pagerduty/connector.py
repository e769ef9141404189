"""The connector ``pagerduty``: settings, authentication methods, collectors, diagnosis.

Nothing here imports httpx before a connection is opened.
"""

from __future__ import annotations

from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import UsageError
from ccm_core.sdk.json_codec import JsonObject, decode
from ccm_core.sdk.timestamps import parse_duration
from ccm_core.sdk.types import Connector, Demonstration, Horizon
from ccm_pagerduty.auth_methods import methods
from ccm_pagerduty.collectors import collectors
from ccm_pagerduty.cross_checks import creation_events, cross_checks
from ccm_pagerduty.diagnosis import check, refused, review
from ccm_pagerduty.lookup_by_id import look_up

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ccm_core.sdk.types import ConnectRequest, DemoSource
    from ccm_pagerduty.client import PagerDutySession

LOOKBACK_MOST, LOOKAHEAD_MOST = timedelta(days=180), timedelta(days=90)

EXAMPLE = """\
- name: pagerduty-prod
  connector: pagerduty
  settings:
    region: us            # or eu
    # lookback: 30d       # how far back incidents and coverage are collected, at most 180d
    # lookahead: 14d      # how far ahead coverage is collected, at most 90d
  auth:
    method: api_key
    # A read-only key of the account: Integrations > API Access Keys > Create New API Key.
    key: env:PAGERDUTY_API_KEY
"""


def connector() -> Connector:
    """Return the connector as the host registers it."""
    return Connector(
        name="pagerduty",
        title="PagerDuty",
        settings_schema=settings_schema,
        auth_methods=methods(collector.kind for collector in collectors()),
        connect=connect,
        collectors=collectors(),
        collectors_for=collectors,
        check=check,
        diagnose_failure=refused,
        review_collections=review,
        horizon=horizon,
        look_up=look_up,
        cross_checks=cross_checks(),
        creation_events=creation_events(),
        example=EXAMPLE,
        demonstration=Demonstration(open=_demonstration),
    )


@cache
def settings_schema() -> JsonObject:
    """Read the JSON Schema of a connection's settings."""
    resource = files("ccm_pagerduty") / "schemas" / "settings.schema.json"
    document: JsonObject = decode(resource.read_bytes())
    return document


def horizon(settings: JsonObject) -> Horizon:
    """Read how far back and ahead a connection collects.

    Raises:
        UsageError: A duration is invalid, or longer than PagerDuty allows.
    """
    lookback = _duration(settings, "lookback", "30d", LOOKBACK_MOST)
    lookahead = _duration(settings, "lookahead", "14d", LOOKAHEAD_MOST)
    return Horizon(lookback=lookback, lookahead=lookahead)


@asynccontextmanager
async def connect(request: ConnectRequest) -> AsyncIterator[PagerDutySession]:
    """Open a connection and identify its credential.

    Raises:
        AuthenticationFailed: The key is wrong, revoked, or belongs to another region.
        Unreachable: The region's host did not respond.
    """
    from ccm_pagerduty.client import open_session

    async with open_session(request) as session:
        yield session


def _duration(settings: JsonObject, name: str, default: str, longest: timedelta) -> timedelta:
    text = settings.get(name, default)
    try:
        duration = parse_duration(text)
    except ValueError as cause:
        msg = f"{name}: {cause}"
        raise UsageError(msg) from cause
    if not timedelta(0) <= duration <= longest:
        msg = f"{name}: expected a duration of at most {longest.days}d, got {text}"
        raise UsageError(msg)
    return duration


_SIMULATOR_EXTRA = frozenset({"joserfc", "starlette", "uvicorn"})
"""What the extra `simulator` installs."""


@contextmanager
def _demonstration() -> Iterator[DemoSource]:
    """Start the simulator, which needs the extra ``simulator``."""
    with ExitStack() as stack:
        try:
            from pagerduty_simulator.connector_demonstration import demonstration

            source = stack.enter_context(demonstration().open())
        except ModuleNotFoundError as cause:
            raise _without(cause) from cause
        yield source


def _without(cause: ModuleNotFoundError) -> Exception:
    if (cause.name or "").partition(".")[0] not in _SIMULATOR_EXTRA:
        return cause
    return UsageError(
        f"the demonstration needs {cause.name}, which is not installed; "
        "install it with: pip install 'ccm-pagerduty[simulator]'"
    )
