"""A source that fails: what was lost is told with its reason, and nothing that rests on it passes.

Every case goes the whole way: the simulator over a socket, the real connector, the store, the
shipped rules. There was good evidence of everything two hours ago, so a rule could pass on what is
old if anything let it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pagerduty_simulator.api.faults import (
    cut_connection,
    empty_pages,
    html,
    refuse,
    scope_missing,
    stuck,
    too_many_requests,
    truncated,
)

from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome, Reason
from ccm_core.sdk.http import Bounds
from tests.pipeline.faults.lists import (
    KINDS,
    LISTS,
    OF_ONE_INCIDENT,
    PAGED,
    STATED_BY_404,
    assert_nothing_passes,
)

pytestmark = pytest.mark.no_cover  # its lines are covered by others

CAPPED = {
    "error": {
        "message": "Arguments Caused Error",
        "code": 2002,
        "errors": ["Offset+limit exceeds maximum allowed value of 10000."],
    }
}

OF_OBJECTS = (
    "/teams/{id}/members",
    "/schedules/{id}",
    "/schedules/{id}/overrides",
    "/services/{id}/custom_fields/values",
    "/v3/schedules",
    "/v3/schedules/{id}",
    "/event_orchestrations/{id}/router",
    "/event_orchestrations/services/{service_id}",
    "/service_dependencies/business_services/{id}",
    "/standards/scores/{resource_type}",
)


@dataclass(frozen=True, kw_only=True)
class ListFault:
    """One way for a list to fail for good, and what is to be said of it."""

    fault: object
    outcome: Outcome = Outcome.FAILED
    reason: Reason = Reason.SOURCE_ERROR
    exit: Exit = Exit.INSUFFICIENT
    message: str
    """What the detail has to name."""
    another_way: bool = False
    """Whether log entries are then looked for incident by incident."""


AMISS = {
    "402, the plan lacks it": ListFault(
        fault=refuse(402),
        outcome=Outcome.UNAVAILABLE,
        reason=Reason.NOT_AVAILABLE,
        message="plan does not include",
    ),
    "403": ListFault(
        fault=refuse(403),
        outcome=Outcome.UNAVAILABLE,
        reason=Reason.DENIED,
        message="not permitted to read",
        another_way=True,
    ),
    "403, a scope is missing": ListFault(
        fault=scope_missing("things.read"),
        outcome=Outcome.UNAVAILABLE,
        reason=Reason.DENIED,
        message="things.read",
    ),
    "404": ListFault(
        fault=refuse(404),
        outcome=Outcome.UNAVAILABLE,
        reason=Reason.NOT_AVAILABLE,
        message="deleted, is hidden",
        another_way=True,
    ),
    "400, the cap": ListFault(fault=refuse(400, CAPPED), message="code 2002", another_way=True),
    "401": ListFault(fault=refuse(401), reason=Reason.DENIED, exit=Exit.SOURCE, message="revoked"),
    "401 in HTML": ListFault(
        fault=html(401, "401 Authorization Required"),
        reason=Reason.DENIED,
        exit=Exit.SOURCE,
        message="revoked",
    ),
    "408": ListFault(fault=refuse(408), message="answered 408"),
    "429 with a wait": ListFault(
        fault=too_many_requests(1), reason=Reason.RATE_LIMITED, message="after the last attempt"
    ),
    "429 in HTML": ListFault(
        fault=too_many_requests(in_html=True),
        reason=Reason.RATE_LIMITED,
        message="after the last attempt",
    ),
    "500": ListFault(fault=refuse(500), message="code 2000"),
    "502 in HTML": ListFault(fault=html(502), message="answered 502"),
    "503 with nothing": ListFault(fault=refuse(503, ""), message="answered 503"),
    "200 in HTML": ListFault(fault=html(200), message="expected JSON, got a web page"),
    "half the JSON": ListFault(fault=truncated, message="not JSON"),
    "a connection that is cut": ListFault(fault=cut_connection, message="broke off"),
}
LATER = ("403", "429 in HTML", "500", "half the JSON")
"""Those that are tried in the middle of a list too."""
CIRCLES = {
    "an empty page that says more": ListFault(fault=empty_pages, message="says that there is more"),
    "an offset that does not move": ListFault(fault=stuck, message="with offset 0"),
}


def named(table):
    """Give every row of a table as a case."""
    return [pytest.param(row, id=name) for name, row in table.items()]


def later(fault):
    """Let the first page through."""

    def from_the_second_page_on(request, honest):
        first = request.value("offset") in {None, "0"}
        return honest(request) if first else fault(request, honest)

    return from_the_second_page_on


def assert_the_rest_is_unchanged(lab, ran, honest, *lost):
    """Hold that all other kinds and rules are as if nothing had been amiss."""
    for kind in ran.outcomes.keys() - set(lost):
        assert ran.outcomes[kind] is Outcome.COMPLETE
        assert ran.bodies[kind] == honest.bodies[kind]
    for rule in ran.rules.keys() - lab.rules_over(*lost):
        assert ran.rules[rule] == honest.rules[rule]


@pytest.mark.parametrize(
    ("amiss", "first"),
    [
        *(pytest.param(amiss, False, id=name) for name, amiss in AMISS.items()),
        pytest.param(AMISS["403"], True, id="403 from the beginning"),
        pytest.param(AMISS["500"], True, id="500 from the beginning"),
    ],
)
def test_a_list_that_fails_permanently_lets_no_rule_pass(lab, amiss, first):
    """Each kind has the outcome and the reason, whether or not there was evidence before."""
    for endpoint in (*LISTS, OF_ONE_INCIDENT):
        lab.control.inject(endpoint, amiss.fault)
    ran = lab.read(first=first)

    expected = dict.fromkeys(KINDS, amiss.outcome)
    if amiss.another_way and not first:
        expected |= dict.fromkeys(LISTS["/log_entries"], Outcome.PARTIAL)
    if amiss is AMISS["404"]:
        expected[STATED_BY_404] = Outcome.PARTIAL
    assert ran.outcomes == expected
    whole_run = "".join(one.detail for one in ran.manifest.shortfalls)
    assert (amiss.message in whole_run) is (amiss.exit is Exit.SOURCE)
    for kind in KINDS:
        if amiss is AMISS["404"] and kind == STATED_BY_404:
            assert ran.reasons(kind) == {Reason.UNIDENTIFIED}
            continue
        # What is read another way may be of any account: no list told whose it is.
        assert ran.reasons(kind) - {Reason.UNIDENTIFIED} == {amiss.reason}
        assert amiss.message in ran.details(kind) or whole_run
    assert ran.exit is amiss.exit
    assert {rule.status for rule in ran.evaluation.rules} == {Status.INSUFFICIENT}
    assert_nothing_passes(lab, ran, *KINDS)


@pytest.mark.parametrize("endpoint", LISTS)
@pytest.mark.parametrize(
    "amiss", [pytest.param(AMISS[one], id=one) for one in ("402, the plan lacks it", "500")]
)
def test_a_failed_list_changes_only_the_rules_that_depend_on_it(lab, endpoint, amiss):
    """Every other kind is complete, and every other rule says what it would have said."""
    lost = LISTS[endpoint]
    due = {*lost, *(("incident_log_entry",) if endpoint == "/incidents" else ())}
    honest = lab.honest(*sorted(due))
    lab.control.inject(endpoint, amiss.fault)
    ran = lab.read(*sorted(due))

    assert {ran.outcomes[kind] for kind in lost} == {amiss.outcome}
    assert ran.manifest.outcome is amiss.outcome
    assert ran.exit is Exit.INSUFFICIENT
    assert_nothing_passes(lab, ran, *lost)
    assert_the_rest_is_unchanged(lab, ran, honest, *lost)


@pytest.mark.parametrize(
    "amiss", [*(pytest.param(AMISS[one], id=one) for one in LATER), *named(CIRCLES)]
)
def test_a_list_that_fails_after_its_first_page_is_partial(lab, amiss):
    """What came is kept, what is missing is told, and a part never passes for the whole."""
    for endpoint in PAGED:
        lab.control.inject(endpoint, later(amiss.fault))
    ran = lab.read(page_size=2)

    lost = [kind for endpoint in PAGED for kind in LISTS[endpoint]]
    assert {kind: ran.outcomes[kind] for kind in lost} == dict.fromkeys(lost, Outcome.PARTIAL)
    for kind in lost:
        assert ran.reasons(kind) == {amiss.reason}
        assert amiss.message in ran.details(kind)
    assert ran.exit is Exit.INSUFFICIENT
    assert_nothing_passes(lab, ran, *lost)
    assert len(ran.requests) < 100


ONCE = {
    "408": refuse(408),
    "429 with a wait": too_many_requests(1),
    "429 without its headers": too_many_requests(None),
    "429 in HTML": too_many_requests(in_html=True),
    "500": refuse(500),
    "502 in HTML": html(502),
    "503 with nothing": refuse(503, ""),
    "200 in HTML": html(200),
    "half the JSON": truncated,
    "a connection that is cut": cut_connection,
}


@pytest.mark.parametrize("fault", named(ONCE))
def test_a_transient_fault_costs_one_request(lab, fault):
    """Every endpoint fails once, and the evidence and the verdict are as if none had."""
    honest = lab.honest()
    for endpoint in (*LISTS, *OF_OBJECTS):
        lab.control.script(endpoint, [fault])
    ran = lab.read()

    assert set(ran.outcomes.values()) == {Outcome.COMPLETE}
    assert ran.bodies == honest.bodies
    assert ran.judgement == honest.judgement
    assert ran.exit is honest.exit
    assert len(ran.requests) > len(honest.requests)
    assert sum(one.counts.retries for one in ran.manifest.collections) >= len(LISTS)


@pytest.mark.parametrize("fault", [too_many_requests(None), refuse(500), truncated, cut_connection])
def test_a_transient_fault_within_a_list_costs_no_record(lab, fault):
    """The page is read again, and the list goes on."""
    honest = lab.honest("user", "service")
    for endpoint in ("/users", "/services"):
        lab.control.script(endpoint, [None, fault])
    ran = lab.read("user", "service", page_size=4)

    assert set(ran.outcomes.values()) == {Outcome.COMPLETE}
    assert ran.bodies == honest.bodies
    assert ran.judgement == honest.judgement


def test_a_429_is_waited_out_and_counted(lab):
    """After it the list is read whole."""
    lab.control.script("/priorities", [too_many_requests(1)])
    ran = lab.read("priority", bounds=Bounds(attempts=2, backoff=0.0))

    assert ran.outcomes == {"priority": Outcome.COMPLETE}
    assert ran.by_kind["priority"][0].counts.waited >= 0.9
