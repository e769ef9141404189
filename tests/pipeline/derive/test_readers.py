"""What people are shown of the results that they act on is what they would be shown of all."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from ccm_core.cli.terminal.exit_codes import evaluation_code, is_inconclusive_beside_failures
from ccm_core.findings.filter import FindingFilter
from ccm_core.model.evaluation.result_scope import LISTED, OUTLINED, UNSETTLED, ResultScope
from ccm_core.model.finding.policy import FindingPolicy
from ccm_core.model.finding.work_item import WorkState
from ccm_core.notify.conditions import conditions
from ccm_core.pipeline.derive.evaluation import evaluate_changes
from ccm_core.pipeline.evaluate import current_moment, watch_scope
from ccm_core.pipeline.findings.track import (
    TrackedPart,
    all_findings,
    derived_findings,
    track_findings,
)
from ccm_core.pipeline.findings.work_items import FindingReader
from ccm_core.pipeline.report import report, report_input, reported_evaluation, results_to_read
from ccm_core.pipeline.reproduce import RuleSet, store_evaluation
from ccm_core.report.registry import FORMATS
from ccm_core.rules.results.filter import ResultFilter
from tests.pipeline.derive.conftest import PACKS, catalog, host
from tests.pipeline.derive.histories import STEPS
from tests.pipeline.derive.test_by_change import WAIVER

PARTS = {
    "all": ResultFilter(),
    "failing": ResultFilter(statuses=("fail",)),
    "inconclusive": ResultFilter(statuses=("insufficient", "error")),
    "severe": ResultFilter(severities=("high",)),
}


def world_host(world):
    """Return the host with the sections of the plugin."""
    return replace(host(lambda: world.now), views=world.views, sections=catalog().sections)


def store_next(world, packs, name):
    """Evaluate by change, store that and track its findings."""
    context = world_host(world)
    scopes = [watch_scope(context, connection) for connection in world.connections]
    now = current_moment(context, world.connections, world.store)
    evaluation, act = evaluate_changes(context, scopes, world.store, packs, [WAIVER], now=now)
    rule_set = RuleSet(packs=PACKS[name], waivers=[WAIVER])
    return store_evaluation(
        context, world.connections, world.store, evaluation, rule_set, packs, act
    )


def check_pages(world):
    """Compare what each format for people shows of some results and of all."""
    context, store = world_host(world), world.store
    whole, part = store.evaluations.latest(), store.evaluations.latest(scope=UNSETTLED)
    for name in ("html", "markdown", "text"):
        form = FORMATS[name]
        scope = OUTLINED if name == "html" else LISTED
        assert results_to_read([form], ResultFilter()) == scope
        chosen = reported_evaluation(store, [form])
        pages = [b"".join(report(context, store, stored, form)) for stored in (whole, part, chosen)]
        assert pages[0] == pages[1] == pages[2], name
    for selection in PARTS.values():
        texts = [
            FORMATS["text"].render(report_input(context, store, stored.evaluation, selection))
            for stored in (whole, part)
        ]
        assert texts[0] == texts[1], selection


def check_exports(world):
    """Compare what complete formats hold of results in memory, and made one by one."""
    context, store = world_host(world), world.store
    whole, part = store.evaluations.latest(), store.evaluations.latest(scope=UNSETTLED)
    for name in ("csv", "json", "junit", "sarif", "ocsf", "oscal"):
        exports = [
            b"".join(report(context, store, stored, FORMATS[name])) for stored in (whole, part)
        ]
        assert exports[0] == exports[1], name


def check_sections(world):
    """Compare figures of the rows that an evaluation left with those of rows derived anew."""
    context, stored = world_host(world), world.store.evaluations.latest(scope=UNSETTLED)
    derived = replace(stored.evaluation, derived=())
    read, anew = (
        report_input(context, world.store, evaluation, digest=stored.digest).sections
        for evaluation in (stored.evaluation, derived)
    )
    assert read == anew


def check_findings(world, stored):
    """Compare the findings that are listed with those of all changes, and all conclusions."""
    store = world.store
    listed = {finding.id: finding for finding in all_findings(store)}
    assert listed == {finding.id: finding for finding in derived_findings(store)}
    whole = store.evaluations.latest().evaluation
    manifests = store.runs.newest_manifests()
    for function in (evaluation_code, is_inconclusive_beside_failures):
        assert function(stored.evaluation) == function(whole)
    reader = FindingReader(store=store, policy=FindingPolicy(), now=world.now)
    assert conditions(
        stored.evaluation, reader.active(stored.evaluation), manifests, {}, {}
    ) == conditions(whole, reader.active(), manifests, {}, {})


def check(world, packs, name):
    """Evaluate, and compare all that is read of it."""
    stored = store_next(world, packs, name)
    check_pages(world)
    check_sections(world)
    check_findings(world, stored)


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["mild", "both"])
@settings(deadline=None, max_examples=10)
@given(steps=STEPS)
def test_readers_are_shown_the_same_after_any_history(worlds, packs, name, steps):
    """Pages, findings, notifications and exit codes, whatever happened in between."""
    with tempfile.TemporaryDirectory() as folder, worlds(Path(folder)) as world:
        limit = "2h"
        for changes, _ in steps:
            world.now += timedelta(minutes=20)
            for change in changes:
                world.apply(change)
                limit = change[1] if change[0] == "limit" else limit
            if ("stale",) not in changes:
                world.refresh()
            check(world, packs(name, limit), name)
        check_exports(world)


def test_readers_are_shown_the_same_after_a_failure_came_and_went(world, packs):
    """An incident is late, then acknowledged, then gone from the account."""
    packs = packs("both", "2h")
    check(world, packs, "both")
    world.now += timedelta(hours=2)
    world.entry("L8b", "I8", "acknowledge", 1)
    world.incident("I3", title="Renamed", urgency="low")
    world.refresh()
    check(world, packs, "both")
    check_exports(world)
    states = {finding.state.value for finding in all_findings(world.store)}
    assert states >= {"open", "resolved"}


def test_findings_are_listed_by_state_as_all_of_them_say(world, packs):
    """What is open is read without what was resolved, and nothing is left out of it."""
    world.now += timedelta(hours=2)
    store_next(world, packs("both", "2h"), "both")
    world.incident("I8", -1, status="resolved")
    world.now += timedelta(hours=2)
    world.refresh()
    store_next(world, packs("both", "2h"), "both")
    reader = FindingReader(store=world.store, policy=FindingPolicy(), now=world.now)
    everything = all_findings(world.store)
    for state in WorkState:
        listed = reader.select(FindingFilter(states=frozenset([state])))
        expected = {finding.id for finding in everything if finding.state.value == state.value}
        assert {item.finding.id for item in listed.items} == expected
        assert listed.total == len(everything)


def test_an_evaluation_of_before_changes_no_finding(world, packs):
    """It is stored last, and what is listed is what the last moment said."""
    world.now += timedelta(hours=2)
    store_next(world, packs("both", "2h"), "both")
    before = all_findings(world.store)
    context, past = world_host(world), world.now - timedelta(hours=1)
    rule_set = RuleSet(packs=PACKS["both"])
    evaluation = world.evaluate(packs("both", "2h"), as_of=past)
    store_evaluation(
        context, world.connections, world.store, evaluation, rule_set, packs("both", "2h")
    )
    assert world.store.evaluations.latest().evaluation.evaluated_at == past
    assert all_findings(world.store) == before


def test_tracking_reads_again_what_another_process_tracked_meanwhile(world, packs):
    """A finding that was opened after the results were read is not taken for removed."""
    world.now += timedelta(hours=2)
    world.refresh()
    compiled = packs("both", "2h")
    store_next(world, compiled, "both")
    world.now += timedelta(minutes=5)
    context = world_host(world)
    scopes = [watch_scope(context, connection) for connection in world.connections]
    now = current_moment(context, world.connections, world.store)
    evaluation, act = evaluate_changes(context, scopes, world.store, compiled, [], now=now)
    digest = world.store.evaluations.append(evaluation, None, (), act)
    # As if no finding had been open when it was read.
    little = world.store.evaluations.get(digest, scope=ResultScope())
    track_findings(world.store, TrackedPart(digest=digest, evaluation=little, scope=ResultScope()))
    states = {finding.state.value for finding in all_findings(world.store)}
    assert "removed" not in states
    assert "open" in states
