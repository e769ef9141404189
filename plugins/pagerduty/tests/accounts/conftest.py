"""Collects a simulated account as of a moment, and evaluates every shipped rule over it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

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


@pytest.fixture(scope="session")
def now():
    """Return the moment of the accounts."""
    return NOW


@pytest.fixture(scope="session")
def evaluated(tmp_path_factory):
    """Collect an account and evaluate every shipped rule over it."""
    catalog = load(discover())
    host = replace(build_host(catalog), clock=lambda: NOW)
    texts = [PackText(text=pack.text(), source=pack.location) for pack in catalog.packs.values()]
    connector = catalog.connectors["pagerduty"]

    def run(account, parameters, *, refused=None):
        folder = tmp_path_factory.mktemp("account")
        store = open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder)
        with PagerDutySimulator(account) as simulator:
            for endpoint, status in (refused or {}).items():
                simulator.control.deny(endpoint, status)
            settings = {"base_url": simulator.base_url, "lookback": "30d", "lookahead": "14d"}
            connection = Connection(
                name="acme",
                connector=connector,
                settings=with_defaults(settings, connector.settings_schema()),
                auth_method="api_key",
                secrets={"key": Secret(simulator.api_key)},
                settings_digest="sha256:0",
            )
            asyncio.run(collect(host, connection, store, NullObserver()))
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
