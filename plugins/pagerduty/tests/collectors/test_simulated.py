"""Every kind, read from the simulator over a socket through the connector itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from ccm_pagerduty.client import open_session
from ccm_pagerduty.connector import connector
from ccm_pagerduty.kinds import kinds
from pagerduty_simulator import AccountSizes, PagerDutySimulator, build_account
from pagerduty_simulator.api.faults import html, scope_missing, too_many_requests, truncated

from ccm_core.sdk.authorization import Authorization
from ccm_core.sdk.errors import AuthenticationFailed, PermissionDenied, SourceError
from ccm_core.sdk.http import Bounds
from ccm_core.sdk.rate_limit import Limiters
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import CollectRequest, ConnectRequest, Reason, Shape, Window

KINDS = {kind.name: kind for kind in kinds()}
NOW = datetime.now(UTC).replace(microsecond=0)
SIZES = AccountSizes(users=12, teams=3, schedules=6, policies=4, services=5, incidents=30)


@pytest.fixture
def simulator():
    """Serve a small account."""
    with PagerDutySimulator(build_account(NOW, sizes=SIZES)) as running:
        yield running


@pytest.fixture
def read(simulator, pagerduty):
    """Read the whole account, kind by kind; an error ends a kind and is kept in its place."""

    def run(*, key=None, connect=None, **settings):
        opened = connect or connector().connect
        return asyncio.run(_read(simulator, pagerduty, opened, key, settings))

    return run


async def _read(simulator, pagerduty, connect, key, settings):
    described = connector()
    request = ConnectRequest(
        connection="simulated",
        settings={"base_url": simulator.base_url, **settings},
        auth_method="api_key",
        auth={},
        secrets={"key": Secret(key or simulator.api_key)},
        user_agent="ccm-test/1",
        limiters=Limiters(),
        authorization=Authorization.from_key(
            Secret(key or simulator.api_key), prefix="Token token="
        ),
    )
    reach = described.horizon(request.settings)
    horizon = Window(NOW - reach.lookback, NOW + reach.lookahead)
    collections = {}
    async with connect(request) as session:
        for collector in described.selected_collectors(settings):
            collections[collector.kind] = await _kind(
                session, collector, horizon, collections, pagerduty
            )
        return SimpleNamespace(
            kinds=collections, credential=session.credential, traffic=session.traffic
        )


async def _kind(session, collector, horizon, collections, pagerduty):
    events = KINDS[collector.kind].shape is Shape.EVENT
    ask = CollectRequest(
        now=NOW,
        window=Window(horizon.since, NOW) if events else None,
        horizon=horizon,
        current_records={
            kind: collections[kind].items for kind in (*collector.needs, *collector.uses)
        },
        changed_keys=_named_keys(collector.named_by, collections),
    )
    received, error = [], None
    try:
        async for kind in collector.collect(session, ask):
            received.append(kind)  # noqa: PERF401 - what came before an error is kept
    except SourceError as cause:
        error = cause
    by_type = pagerduty.by_type(received)
    by_type.error = error
    return by_type


def _named_keys(named_by, collections):
    """Return the incidents whose log shows a note."""
    entries = collections[named_by.kind].items if named_by else ()
    name, value = named_by.marker if named_by else (None, None)
    return tuple(sorted({entry["incident"]["id"] for entry in entries if entry[name] == value}))


def test_every_kind_is_read_whole(read, simulator):
    """As many of each as the account holds, without a shortfall, and nothing is written."""
    account = read()
    assert account.credential.kind == "account_api_key"
    for kind, collection in account.kinds.items():
        assert (collection.shortfalls, collection.overflows, collection.error) == ([], [], None), (
            kind
        )
    counted = {
        kind.removeprefix("pagerduty."): len(collection.items)
        for kind, collection in account.kinds.items()
    }
    assert counted["user"] == SIZES.users
    assert counted["team"] == SIZES.teams
    assert counted["service"] == SIZES.services
    assert counted["escalation_policy"] == SIZES.policies
    assert counted["schedule"] == counted["schedule_rendering"] == SIZES.schedules
    assert counted["incident"] == SIZES.incidents
    assert all(counted.values())
    assert simulator.control.writes == []


def test_small_pages_give_what_large_ones_give(read):
    """Paging changes nothing."""
    large, small = read(), read(page_size=7)
    for kind, collection in large.kinds.items():
        assert small.kinds[kind].items == collection.items, kind
    assert small.traffic.requests > large.traffic.requests


def test_log_entries_are_the_same_by_account_and_by_incident(read):
    """Both strategies read the same entries of the window."""
    by_account, by_incident = read(), read(log_entries="incident")
    since = NOW - timedelta(days=30)

    def within(collections):
        items = collections.kinds["pagerduty.incident_log_entry"].items
        records = {item["id"]: datetime.fromisoformat(item["created_at"]) for item in items}
        return {key for key, at in records.items() if since <= at < NOW}

    assert within(by_account) == within(by_incident) != set()


def test_a_plan_without_teams_leaves_the_rest(read, simulator):
    """The kind ends in an error that names the plan; the others are read."""
    simulator.control.deny("/teams", 402)
    account = read()
    assert "plan does not include" in str(account.kinds["pagerduty.team"].error)
    assert account.kinds["pagerduty.service"].error is None


def test_shift_based_schedules_that_are_denied_are_told(read, simulator):
    """The layer-based ones come, with a shortfall beside them."""
    simulator.control.deny("/v3/schedules", 403)
    schedules = read().kinds["pagerduty.schedule"]
    assert {item["form"] for item in schedules.items} == {"layers"}
    assert [shortfall.reason for shortfall in schedules.shortfalls] == [Reason.DENIED]


def test_a_missing_scope_is_told_once(read, simulator):
    """Not once for every team."""
    simulator.control.inject("/teams/{id}/members", scope_missing("teams.read"))
    members = read().kinds["pagerduty.team_member"]
    assert isinstance(members.error, PermissionDenied)
    assert "teams.read" in str(members.error)
    assert len(simulator.control.requests_to("/teams/{id}/members")) == 1


def test_transient_fault_costs_one_retry_and_nothing_else(read, simulator):
    """A limit, a proxy's page and half an answer are tried again."""
    simulator.control.script("/services", [too_many_requests(None), html(502), truncated, None])
    unhurried = Bounds(attempts=4, backoff=0.0, max_backoff=0.0)
    account = read(connect=partial(open_session, bounds=unhurried))
    assert len(account.kinds["pagerduty.service"].items) == SIZES.services
    assert account.traffic.retries == 3


@pytest.mark.parametrize("in_html", [pytest.param(False, id="JSON"), pytest.param(True, id="HTML")])
def test_a_wrong_key_is_refused_at_once(read, simulator, in_html):
    """One request is enough, whatever the error_response looks like."""
    simulator.control.refuse_in_html = in_html
    with pytest.raises(AuthenticationFailed, match="wrong or revoked"):
        read(key="wrong")
    assert len(simulator.control.requests) == 1
