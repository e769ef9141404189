"""What a process that evaluates opens for itself, from texts and names."""

from __future__ import annotations

import asyncio
import pickle
from dataclasses import replace

import pytest

from ccm_core.app.cycle import collect_connections, evaluate_connections
from ccm_core.app.evaluation_jobs import evaluation_jobs
from ccm_core.app.rule_sets import compile_rule_set
from ccm_core.collect.observer import NullObserver
from ccm_core.errors import ReadOnlyStore
from ccm_core.model.json_codec import encode
from ccm_core.pipeline.derive.evaluation import evaluate_changes
from ccm_core.pipeline.evaluate import watch_scope


@pytest.fixture
def collected(workspace):
    """The workspace with evidence of its account."""
    with workspace.write_store(create=True) as store:
        connections = workspace.connections(secrets=True)
        asyncio.run(collect_connections(workspace, store, connections, lambda _: NullObserver()))
    return workspace


def test_a_process_opens_the_same_host_and_packs_and_a_store_that_it_only_reads(collected):
    """It is handed texts and names; two processes of one version are of one revision."""
    rules = compile_rule_set(collected)
    setup = pickle.loads(pickle.dumps(evaluation_jobs(collected, rules.source, 2).setup))  # noqa: S301 - ours
    with setup.open() as opened:
        assert opened.host.revision == collected.host.revision
        assert [pack.pack for pack in opened.packs.packs] == [p.pack for p in rules.packs.packs]
        assert [pack.effective for pack in opened.packs.packs] == [
            pack.effective for pack in rules.packs.packs
        ]
        with pytest.raises(ReadOnlyStore):
            opened.store.derived.clear("pagerduty-test", collected.host.clock())


def test_processes_give_the_results_of_an_account(collected):
    """With the plugins, packs and parameters of the settings."""
    rules, host = compile_rule_set(collected), collected.host
    with collected.write_store(create=False) as store:
        evaluated = evaluate_connections(collected, store, rules, jobs=1)
        alone = store.evaluations.get(evaluated.digest)
        store.derived.clear("pagerduty-test", alone.evaluated_at)  # so that all is derived anew
        evaluation, act = evaluate_changes(
            host,
            [watch_scope(host, connection) for connection in collected.connections(secrets=False)],
            store,
            rules.packs,
            rules.waivers,
            now=alone.evaluated_at,
            jobs=replace(evaluation_jobs(collected, rules.source, 2), least=1),
        )
        side_by_side = store.evaluations.get(store.evaluations.append(evaluation, None, (), act))
    assert encode(replace(side_by_side, derived=())) == encode(replace(alone, derived=()))
