"""The cycle: collect, evaluate, report, notify, in one event loop that the caller owns."""

from __future__ import annotations

import asyncio

import pytest

from ccm_core.app.cycle import collect_connections, evaluate_connections, evaluate_report_notify
from ccm_core.app.rule_sets import compile_rule_set
from ccm_core.collect.observer import NullObserver
from ccm_core.errors import StaleEvaluation
from ccm_core.pipeline.findings.track import all_findings


def collect(workspace, store, connections):
    """Collect connections, unobserved."""
    return collect_connections(workspace, store, connections, lambda _: NullObserver())


def test_cycle_collects_evaluates_and_writes_the_report(workspace, tmp_path):
    """The caller sees the evaluation before the report is written."""
    report, evaluations = tmp_path / "report.html", []
    rules = compile_rule_set(workspace)
    with workspace.write_store(create=True) as store:
        connections = workspace.connections(secrets=True)
        collected = asyncio.run(collect(workspace, store, connections))
        cycle = evaluate_report_notify(
            workspace,
            store,
            rules,
            report,
            on_evaluation=lambda stored: evaluations.append((stored, report.exists())),
        )
    assert [manifest.connection for manifest in collected.manifests] == ["pagerduty-test"]
    assert evaluations == [(cycle.evaluation, False)]
    assert "<html" in report.read_text()
    assert cycle.notification_failures == ()


def test_evaluation_tracks_its_findings_in_the_same_step(workspace):
    """Whoever reads afterwards finds them, and writes nothing."""
    rules = compile_rule_set(workspace)
    with workspace.write_store(create=True) as store:
        connections = workspace.connections(secrets=True)
        asyncio.run(collect(workspace, store, connections))
        evaluate_connections(workspace, store, rules)
    with workspace.read_store() as store:
        assert all_findings(store)


def test_signing_key_is_reported_to_the_caller(workspace, messages):
    """A message that is not a result goes through the caller's port."""
    with workspace.write_store(create=True) as store:
        connections = workspace.connections(secrets=True)
        asyncio.run(collect(workspace, store, connections))
    assert any("made a signing key" in message for message in messages)


class MovingStore:
    """A store in which evidence counts as stored meanwhile, the first times that one evaluates."""

    def __init__(self, store, times):
        self._store, self.times = store, times
        self.evaluations = self

    def __getattr__(self, name):
        """Be the store, and its evaluations, in everything else."""
        return getattr(self._store, name, None) or getattr(self._store.evaluations, name)

    def append(self, *arguments, **facts):
        """Store an evaluation, once evidence stands still."""
        self.times -= 1
        if self.times >= 0:
            raise StaleEvaluation("evidence was stored while it was evaluated")
        return self._store.evaluations.append(*arguments, **facts)


def test_evidence_that_moves_is_evaluated_again(workspace):
    """Twice; where it moves each time, the reason is passed on and nothing is stored."""
    rules = compile_rule_set(workspace)
    with workspace.write_store(create=True) as store:
        with pytest.raises(StaleEvaluation):
            evaluate_connections(workspace, MovingStore(store, times=3), rules)
        assert store.evaluations.latest() is None
        stored = evaluate_connections(workspace, MovingStore(store, times=2), rules)
        assert store.evaluations.latest().digest == stored.digest
