"""A view without an optional input differs in the fields that it names, and in no others.

A field that rests on one and is not named would let a rule pass without the evidence.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from ccm_pagerduty.connector import connector
from ccm_pagerduty.kinds import kinds
from ccm_pagerduty.views import views
from pagerduty_simulator import AccountSizes, PagerDutySimulator, build_account

from ccm_core.collect.batch_builder import key_of
from ccm_core.collect.privacy_projection import Projector, Pseudonymizer
from ccm_core.model.digest import digest
from ccm_core.model.json_codec import encode
from ccm_core.sdk.authorization import Authorization
from ccm_core.sdk.errors import SourceError
from ccm_core.sdk.rate_limit import Limiters
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import (
    CollectRequest,
    ConnectRequest,
    Page,
    Record,
    RecordSource,
    Shape,
    VersionChange,
    ViewRequest,
    Window,
)

NOW = datetime.now(UTC).replace(microsecond=0)
SIZES = AccountSizes(users=30, teams=4, schedules=10, policies=8, services=12, incidents=80)
KINDS = {kind.name: kind for kind in kinds()}
PAIRS = [(view, kind) for view in views() for kind in view.inputs if kind in KINDS]


@pytest.fixture(scope="module")
def account():
    """Read every kind of a simulated account; give its records by kind."""
    with PagerDutySimulator(build_account(NOW, sizes=SIZES)) as simulator:
        bodies = asyncio.run(_read(simulator))
    return {kind: _records(kind, of) for kind, of in bodies.items()}


def _records(kind, bodies):
    projector = Projector(KINDS[kind].schema(), Pseudonymizer(b"key"))
    kept = [projector.project(body).body for body in bodies]
    records = {str(key_of(body, KINDS[kind].key)): body for body in kept}
    return [
        Record(
            kind=kind,
            version=1,
            key=key,
            connection="simulated",
            observed_at=NOW,
            collection="c",
            source=RecordSource(endpoint="/", page=1, response_digest=digest(b"")),
            body=body,
            digest=digest(encode(body)),
        )
        for key, body in sorted(records.items())
    ]


async def _read(simulator):
    described = connector()
    request = ConnectRequest(
        connection="simulated",
        settings={"base_url": simulator.base_url},
        auth_method="api_key",
        auth={},
        secrets={"key": Secret(simulator.api_key)},
        user_agent="ccm-test/1",
        limiters=Limiters(),
        authorization=Authorization.from_key(Secret(simulator.api_key), prefix="Token token="),
    )
    reach = described.horizon(request.settings)
    horizon = Window(NOW - reach.lookback, NOW + reach.lookahead)
    bodies = {}
    async with described.connect(request) as session:
        for collector in described.collectors:
            events = KINDS[collector.kind].shape is Shape.EVENT
            window = Window(horizon.since, NOW) if events else None
            named = {
                entry["incident"]["id"]
                for entry in bodies.get("pagerduty.incident_log_entry", ())
                if entry["type"] == "annotate_log_entry"
            }
            ask = CollectRequest(
                now=NOW,
                window=window,
                horizon=horizon,
                current_records=bodies,
                changed_keys=tuple(sorted(named)) if collector.named_by else (),
            )
            bodies[collector.kind] = await _items(session, collector, ask)
    return bodies


async def _items(session, collector, ask):
    items = []
    try:
        async for event in collector.collect(session, ask):
            items += event.items if isinstance(event, Page) else ()
    except SourceError as error:  # pragma: no cover - the simulated account refuses nothing
        pytest.fail(str(error))
    return items


def rows(view, records, *, without=None):
    """Derive the rows of a view by subject."""
    handed = {kind: () if kind == without else records.get(kind, ()) for kind in view.inputs}
    changes = {
        kind: [
            VersionChange(
                connection="simulated",
                kind=kind,
                key=record.key,
                before=record,
                after=None,
                since=NOW - timedelta(hours=1),
                until=NOW,
            )
            for record in records[kind][:3]
        ]
        for kind in view.changes
    }
    request = ViewRequest(records=handed, changes=changes)
    return {row.subject.key: row for row in view.rows(request)}


@pytest.mark.parametrize(
    ("view", "kind"),
    [pytest.param(view, kind, id=f"{view.name} {kind}") for view, kind in PAIRS],
)
def test_only_the_fields_that_rest_on_an_optional_input_change_without_it(account, view, kind):
    """What a view is about is no optional input of it."""
    if not KINDS[kind].optional or kind == view.rows_of:
        assert kind not in view.optional
        return
    whole, without = rows(view, account), rows(view, account, without=kind)
    assert whole.keys() == without.keys()
    assert whole
    changed = {
        field
        for key, row in whole.items()
        for field in row.body.keys() | without[key].body.keys()
        if row.body.get(field, ...) != without[key].body.get(field, ...)
    }
    assert changed <= set(view.optional.get(kind, ()))
