"""Collects a simulated account as of a moment, and evaluates every shipped rule over it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pagerduty_simulator.api.server import PagerDutySimulator

from ccm_core.app.installation import build_host
from ccm_core.collect.observer import NullObserver
from ccm_core.config.schema_defaults import with_defaults
from ccm_core.pipeline.collect import collect
from ccm_core.pipeline.context import Connection
from ccm_core.pipeline.evaluate import compile_rules, evaluate
from ccm_core.plugins.discovery import discover
from ccm_core.plugins.loader import load
from ccm_core.rules.types import PackText
from ccm_core.sdk.secret import Secret
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

NOW = datetime(2026, 11, 26, 18, tzinfo=UTC)
"""A Thursday."""
CHANGING = ("escalation_policy", "schedule", "user", "team", "team_member")
"""What is read twice before: hours ago, and after the changes since."""


@pytest.fixture(scope="session")
def now():
    """Return the moment of the accounts."""
    return NOW


@pytest.fixture(scope="session")
def evaluated(tmp_path_factory):
    """Collect an account and evaluate every shipped rule over it."""
    catalog = load(discover())
    host = replace(build_host(catalog), clock=lambda: NOW)
    kinds = {f"pagerduty.{noun}" for noun in CHANGING}
    texts = [PackText(text=pack.text(), source=pack.location) for pack in catalog.packs.values()]
    connector = catalog.connectors["pagerduty"]

    def read_before(account, store, hours):
        """Read what people change, some hours ago."""
        earlier = replace(host, clock=lambda: NOW - timedelta(hours=hours))
        with PagerDutySimulator(account) as simulator:
            asked = connection_to(simulator)
            few = tuple(one for one in asked.collectors if one.kind in kinds)
            some = replace(asked.connector, collectors=few, collectors_for=None)
            some = replace(asked, connector=some)
            asyncio.run(collect(earlier, some, store, NullObserver(), force=True))

    def connection_to(simulator):
        settings = {"base_url": simulator.base_url, "lookback": "30d", "lookahead": "14d"}
        return Connection(
            name="acme",
            connector=connector,
            settings=with_defaults(settings, connector.settings_schema()),
            auth_method="api_key",
            secrets={"key": Secret(simulator.api_key)},
            settings_digest="sha256:0",
        )

    def run(account, parameters, *, refused=None, before=None):
        folder = tmp_path_factory.mktemp("account")
        store = open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder)
        if before is not None:
            read_before(before, store, 4)
            read_before(account, store, 3)
        with PagerDutySimulator(account) as simulator:
            for endpoint, status in (refused or {}).items():
                simulator.control.deny(endpoint, status)
            connection = connection_to(simulator)
            asyncio.run(collect(host, connection, store, NullObserver(), force=True))
        packs = compile_rules(host, texts, dict(parameters))
        evaluation = evaluate(host, [connection], store, packs)
        store.close()
        return evaluation

    return run


@pytest.fixture(scope="session")
def rules_with():
    """Return the ids of the rules of an evaluation that have one of some statuses."""

    def ids(evaluation, *statuses):
        return {rule.rule for rule in evaluation.rules if rule.status.value in statuses}

    return ids
