"""Rows and verdicts that are kept by change give what an evaluation of everything gives."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.json_codec import encode, plain
from ccm_core.pipeline.derive.evaluation import evaluate_changes
from ccm_core.pipeline.evaluate import current_moment, evaluate_scopes, watch_scope
from tests.pipeline.incremental.conftest import host
from tests.pipeline.incremental.test_equivalence import STEPS

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WAIVER = Waiver(
    id="W",
    rule="mild_incident_response_due",
    subjects=("I1",),
    reason="r",
    owner="a",
    approver="b",
    created=NOW - timedelta(days=1),
    expires=NOW + timedelta(days=2),
)


def check(world, packs):
    """Evaluate by change and as a whole, and compare all but what says where results are."""
    context = replace(host(lambda: world.now), views=world.views)
    scopes = [watch_scope(context, connection) for connection in world.connections]
    now = current_moment(context, world.connections, world.store)
    evaluation, act = evaluate_changes(context, scopes, world.store, packs, [WAIVER], now=now)
    digest = world.store.evaluations.append(evaluation, None, (), act)
    stored = world.store.evaluations.get(digest)
    whole = evaluate_scopes(context, scopes, world.store, packs, [WAIVER], now=now)
    assert comparable(stored) == comparable(whole)


def comparable(evaluation):
    """Return an evaluation without where its results are."""
    document = plain(evaluation)
    document.pop("derived")
    for rule in document["rules"]:
        rule.pop("over")
        for result in rule["results"]:
            result["evidence_digests"] = ()
    return encode(document)


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["mild", "both", "shipped"])
@settings(deadline=None, max_examples=25)
@given(steps=STEPS)
def test_an_evaluation_by_change_equals_one_of_everything(worlds, packs, name, steps):
    """Whatever happens in between, each evaluation gives what it would give from nothing."""
    with tempfile.TemporaryDirectory() as folder, worlds(Path(folder)) as world:
        limit = "2h"
        for changes, minutes in steps:
            world.now += timedelta(minutes=minutes)
            for change in changes:
                world.apply(change)
                limit = change[1] if change[0] == "limit" else limit
            if ("stale",) not in changes:
                world.refresh()
            check(world, packs(name, limit))
