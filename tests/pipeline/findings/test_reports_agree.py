"""Findings, report and exports never disagree, whatever happened until then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccm_core.errors import UsageError
from ccm_core.findings.filter import ACTIVE_STATES, FindingFilter
from ccm_core.model.evaluation.evaluation_inputs import EvaluationInputs
from ccm_core.model.evaluation.result import CONNECTION, POPULATION, Status, deciding
from ccm_core.model.evaluation.result_id import result_id
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.finding.act import ActKind, FindingAct
from ccm_core.model.finding.finding import FindingState
from ccm_core.model.finding.policy import FindingPolicy
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.explain import explain
from ccm_core.pipeline.findings.reported import FindingsOf
from ccm_core.pipeline.findings.track import track_findings
from ccm_core.pipeline.findings.work_items import FindingReader
from ccm_core.pipeline.report import report_input
from ccm_core.report.content.result_findings import result_findings
from ccm_core.report.registry import FORMATS
from ccm_core.rules.results.filter import ResultFilter
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from tests.findings.evaluations import HOUR, START, evaluation, result
from tests.report.agreement import assert_agreement

POLICY = FindingPolicy(
    due={"critical": HOUR, "high": 3 * HOUR},
    due_by_framework={"soc2": {"medium": 2 * HOUR}},
)
SEVERITIES = {"ack": "high", "resolve": "critical", "owned": "medium", "share": "medium"}
CAUSES = {"ack": (("late",), ("lost",), ()), "resolve": (("late",), ()), "owned": ((),)}
MONTHS = ("2026-02", "2026-03")
WAIVERS = tuple(
    Waiver(
        id=name,
        rules=(*SEVERITIES,),
        reason="It goes away.",
        owner="Ada",
        approver="Bo",
        created=START - timedelta(days=1),
        expires=START + ends * HOUR,
    )
    for name, ends in (("W-brief", 2), ("W-long", 900))
)
STATUSES = [status.value for status in Status]
ANY = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def results_of_a_rule(draw, rule, connection):
    """What one rule says of three doors of a connection, or of all of it."""
    if draw(st.integers(0, 6)) == 0:
        whole = Subject(kind=CONNECTION, key=connection, title=connection)
        status = draw(st.sampled_from([Status.INSUFFICIENT, Status.FAIL]))
        return [_result(draw, rule, connection, whole, status, ())]
    results = []
    for key in "abc":
        status = draw(st.none() | st.sampled_from(STATUSES))
        if status is not None:
            door = Subject(kind="acme.door", key=key, title=f"Door {key}", owners=("Doors",))
            cause = draw(st.sampled_from(CAUSES.get(rule, ((),))))
            results.append(_result(draw, rule, connection, door, Status(status), cause))
    if rule == "share" and results:
        for month in draw(st.lists(st.sampled_from(MONTHS), min_size=1, unique=True)):
            share = Subject(kind=POPULATION, key=month, title=month)
            status = draw(st.sampled_from([Status.PASS, Status.FAIL, Status.INSUFFICIENT]))
            results.append(_result(draw, rule, connection, share, status, ()))
    return results


def _result(draw, rule, connection, subject, status, cause):
    name = result_id(rule, connection, subject.kind, subject.key)
    more = {"id": name, "connection": connection, "subject": subject}
    waiver = draw(st.none() | st.sampled_from(["W-brief", "W-long"]))
    return replace(
        result(rule, subject.key, status.value, cause, **more),
        waiver=waiver if status is Status.FAIL else None,
    )


@st.composite
def histories(draw):
    """A few hours; in each, what every rule says of some connections."""
    hours = []
    for hour in range(draw(st.integers(1, 4))):
        connections = draw(st.sampled_from([("hq",), ("hq", "lab")]))
        results = [
            one
            for rule in SEVERITIES
            for connection in connections
            for one in draw(results_of_a_rule(rule, connection))
        ]
        hours.append(
            evaluation(
                results, hour, SEVERITIES, controls=[("soc2", "CC7.4")], connections=connections
            )
        )
    return hours


@pytest.fixture
def stored(tmp_path):
    """Store a history with what people did in it; return the store, a new one each time."""
    opened = []

    def store_history(hours, acts):
        name = f"history-{len(opened)}.db"
        store = open_store(StoreLocation(url=f"sqlite:///{name}"), base=tmp_path, create=True)
        opened.append(store)
        basis = EvaluationInputs(packs=(), host_version="0", waivers=WAIVERS)
        for number, step in enumerate(hours):
            store.evaluations.append(step, basis)
            track_findings(store)
            _act(store, acts[number], step.evaluated_at + HOUR / 2)
        return store

    yield store_history
    for store in opened:
        store.close()


def _act(store, choice, at):
    active = store.findings.current({FindingState.OPEN})
    if active and choice is not None:
        kind = [ActKind.ACKNOWLEDGED, ActKind.ASSIGNED][choice % 2]
        finding = active[choice % len(active)].id
        owner = "Night desk" if kind is ActKind.ASSIGNED else ""
        store.findings.append_act(
            FindingAct(finding=finding, kind=kind, at=at, by="ada", owner=owner)
        )


def host_at(moment):
    """A host with nothing installed, and a clock that stands."""
    return Host(version="0", kinds={}, views={}, plugins=(), clock=lambda: moment)


def listed(store, moment, as_of, **selection):
    """What `ccm findings list` lists."""
    reader = FindingReader(store=store, policy=POLICY, now=moment, as_of=as_of)
    return reader.select(FindingFilter(states=ACTIVE_STATES, **selection)).items


@given(data=st.data())
@ANY
def test_every_format_has_the_findings_of_the_list(stored, data):
    """The same ids, states and numbers: now, and as of each evaluation before."""
    hours = data.draw(histories())
    acts = data.draw(st.lists(st.none() | st.integers(0, 9), min_size=4, max_size=4))
    store = stored(hours, acts)
    now = hours[-1].evaluated_at + HOUR
    for step in hours:
        latest = step is hours[-1]
        as_of = None if latest else step.evaluated_at
        of = FindingsOf(policy=POLICY, as_of=as_of)
        inputs = report_input(host_at(now), store, step, findings=of)
        assert inputs.findings.unknown == ""
        assert_agreement(inputs, listed(store, now, as_of))


@given(data=st.data())
@ANY
def test_a_part_of_a_report_has_the_findings_of_that_part(stored, data):
    """Each failure that decides names one of them, and of a connection they are the list's."""
    hours = data.draw(histories())
    store = stored(hours, [1, 0, 3, 2])
    now = hours[-1].evaluated_at + HOUR
    part = data.draw(
        st.sampled_from(
            [
                ResultFilter(connections=("hq",)),
                ResultFilter(severities=("high",)),
                ResultFilter(statuses=("fail",)),
            ]
        )
    )
    of = FindingsOf(policy=POLICY)
    step = hours[-1]
    inputs = report_input(host_at(now), store, step, part, findings=of)
    items = inputs.findings.items
    of_shares = inputs.findings.shares
    finding_of = result_findings(inputs)
    for rule in inputs.evaluation.rules:
        for one in deciding(rule.results):
            if one.status is Status.FAIL:
                finding = finding_of.of(one)
                is_row = rule.rule in of_shares and one.subject.kind == "acme.door"
                assert finding.in_share is is_row
                assert is_row or finding.id in items
    if part.connections:
        assert [*items.values()] == [*listed(store, now, None, connections=part.connections)]


def test_findings_of_an_evaluation_that_they_do_not_follow_are_said_to_be_unknown(stored):
    """One of a past moment, made later: the page says why, and results still name their ids."""
    first, last = evaluation([result("ack", "a", "fail")], 0), evaluation([], 2)
    store = stored([first, last], [None, None])
    later = evaluation([result("ack", "b", "fail")], 1)
    store.evaluations.append(later)
    track_findings(store)
    inputs = report_input(host_at(START + 3 * HOUR), store, later, findings=FindingsOf())
    assert inputs.findings.moment is None
    assert "made later than others" in inputs.findings.unknown
    for form in ("text", "markdown", "html", "json"):
        assert b"Findings are not known" in FORMATS[form].render(inputs)


def test_a_finding_of_several_results_is_explained_by_one_of_them(stored):
    """Its id is none of theirs: the message names them to choose from."""
    late = [result(rule, "a", "fail", ["late"]) for rule in ("ack", "resolve")]
    store = stored([evaluation(late)], [None])
    (finding,) = store.findings.current()
    with pytest.raises(UsageError) as refused:
        explain(host_at(START), store, finding.id)
    assert all(one.id in str(refused.value) for one in late)
