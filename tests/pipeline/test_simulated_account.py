"""The PagerDuty plugin's records as the host takes them in, from the plugin's own simulator."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from ccm_pagerduty.connector import connector
from ccm_pagerduty.kinds import kinds
from pagerduty_simulator import AccountSizes, PagerDutySimulator, build_account

from ccm_core.collect.batch_builder import BatchBuilder, RecordValidator
from ccm_core.collect.privacy_projection import Pseudonymizer
from ccm_core.model.digest import digest
from ccm_core.model.evidence.window import Window
from ccm_core.model.evidence.write_batch import EncodedBody
from ccm_core.model.json_codec import decode
from ccm_core.sdk.authorization import Authorization
from ccm_core.sdk.rate_limit import Limiters
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import CollectRequest, ConnectRequest, Shape

NOW = datetime.now(UTC).replace(microsecond=0)
SIZES = AccountSizes(users=20, teams=4, schedules=10, policies=6, services=10, incidents=60)
KINDS = {kind.name: kind for kind in kinds()}


@pytest.fixture(scope="module")
def gathered():
    """Gather every kind of a simulated account, the way a run does."""
    with PagerDutySimulator(build_account(NOW, sizes=SIZES)) as simulator:
        return asyncio.run(_gather(simulator))


async def _gather(simulator):
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
    batches, bodies = {}, {}
    async with described.connect(request) as session:
        for collector in described.collectors:
            kind = KINDS[collector.kind]
            window = Window(horizon.since, NOW) if kind.shape is Shape.EVENT else None
            ask = CollectRequest(
                now=NOW,
                window=window,
                horizon=horizon,
                current_records=bodies,
                changed_keys=_named_keys(collector.named_by, bodies),
            )
            batch = BatchBuilder(
                validator=RecordValidator(kind, Pseudonymizer(b"key")),
                pack=lambda data: EncodedBody(digest=digest(data), size=len(data), content=data),
                collection="c",
                window=window,
            )
            async for page in collector.collect(session, ask):
                batch.add(page)
            batches[kind.name] = batch
            bodies[kind.name] = [decode(one.body.content) for one in batch.observations.values()]
    return batches


def _named_keys(named_by, bodies):
    """Return the incidents whose log shows a note."""
    entries = bodies[named_by.kind] if named_by else ()
    noted = {entry["incident"]["id"] for entry in entries if "annotate" in entry["type"]}
    return tuple(sorted(noted))


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in KINDS])
def test_a_simulated_kind_is_collected_without_problems(gathered, name):
    """No record is refused, no field is unknown, nothing drifted, and every listing ended."""
    batch = gathered[name]
    assert batch.observations
    assert [one.problems for one in batch.rejected] == []
    assert batch.unknown_fields == set()
    assert batch.all_shortfalls() == ()
    assert batch.duplicates == 0


def test_no_secret_of_the_account_is_in_a_record(gathered):
    """Feeds, keys, addresses and phone numbers stay at the source."""
    bodies = b"\n".join(
        one.body.content for batch in gathered.values() for one in batch.observations.values()
    ).decode()
    for secret in ("@", "/feed/", "webcal", "integration_key", "avatar", "address"):
        assert secret not in bodies
