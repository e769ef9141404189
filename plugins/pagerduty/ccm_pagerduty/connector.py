"""The connector ``pagerduty``: settings, authentication methods, collectors, diagnosis.

Nothing here imports httpx before a connection is opened.
"""

from __future__ import annotations

from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import SettingsError, UsageError
from ccm_core.sdk.json_codec import JsonObject, decode
from ccm_core.sdk.timestamps import parse_duration
from ccm_core.sdk.types import Connector, Demonstration, Horizon
from ccm_pagerduty.auth_methods import methods
from ccm_pagerduty.change_trail import change_trail
from ccm_pagerduty.collectors import collectors
from ccm_pagerduty.cross_checks import creation_events, cross_checks
from ccm_pagerduty.diagnosis import check, refused, review
from ccm_pagerduty.lookup_by_id import look_up
from ccm_pagerduty.oauth_provider import HOSTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ccm_core.sdk.types import ConnectRequest, DemoSource
    from ccm_pagerduty.client import PagerDutySession

_HORIZON = {
    "lookback": ("30d", timedelta(days=180)),
    "lookahead": ("14d", timedelta(days=90)),
}
"""Of each setting: its default, and the longest that PagerDuty is asked for."""

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
        change_trail=change_trail(),
        example=EXAMPLE,
        hosts=HOSTS,
        destination_settings=("region",),
        demonstration=Demonstration(open=_demonstration, open_past=_demonstration),
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
        SettingsError: A duration is invalid, or out of its bounds; it has both where both are.
    """
    durations, mistakes = {}, {}
    for name, (default, longest) in _HORIZON.items():
        text = settings.get(name, default)
        try:
            durations[name] = _duration(text, longest)
        except ValueError as error:
            mistakes[name] = f"{name}: {error}"
    if durations.get("lookback") == timedelta(0):
        mistakes["lookback"] = (
            f"lookback: got {settings['lookback']}, expected more than nothing: no incident would "
            "be read; write 30d, or leave it out"
        )
    if mistakes:
        raise SettingsError(mistakes)
    return Horizon(**durations)


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


def _duration(text: str, longest: timedelta) -> timedelta:
    duration = parse_duration(text)
    if not timedelta(0) <= duration <= longest:
        msg = f"got {text}, expected a duration of at most {longest.days}d; write {longest.days}d"
        raise ValueError(f"{msg} or less")
    return duration


_SIMULATOR_EXTRA = frozenset({"joserfc", "starlette", "uvicorn"})
"""What the extra `simulator` installs."""


@contextmanager
def _demonstration(days: int | None = None) -> Iterator[DemoSource]:
    """Start the simulator, which needs the extra ``simulator``; with so many days of history."""
    with ExitStack() as stack:
        try:
            from pagerduty_simulator.connector_demonstration import demonstration

            shown = demonstration()
            past = shown.open_past if days is not None else None
            opened = shown.open() if past is None or days is None else past(days)
            source = stack.enter_context(opened)
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
