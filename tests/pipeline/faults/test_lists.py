"""A source that fails: what was lost is told with its reason, and nothing that rests on it passes.

Every case goes the whole way: the simulator over a socket, the real connector, the store, the
shipped rules. There was good evidence of everything two hours ago, so a rule could pass on what is
old if anything let it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from pagerduty_simulator.api.faults import (
    cut_connection,
    empty_pages,
    html,
    redirect,
    refuse,
    scope_missing,
    stuck,
    too_many_requests,
    truncated,
)
from pagerduty_simulator.api.responses import SimulatedResponse

from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome, Reason
from ccm_core.sdk.http import Bounds

pytestmark = pytest.mark.no_cover  # its lines are covered by others

CAPPED = {
    "error": {
        "message": "Arguments Caused Error",
        "code": 2002,
        "errors": ["Offset+limit exceeds maximum allowed value of 10000."],
    }
}

OF_SERVICES = ("orchestration", "custom_fields", "standards")
LISTS = {
    "/users": ("user",),
    "/teams": ("team", "team_member"),
    "/services": ("service", *(f"service_{noun}" for noun in OF_SERVICES)),
    "/escalation_policies": ("escalation_policy",),
    "/schedules": ("schedule", "schedule_rendering", "schedule_overrides"),
    "/oncalls": ("on_call",),
    "/incidents": ("incident",),
    "/log_entries": ("incident_log_entry", "incident_note"),
    "/priorities": ("priority",),
    "/maintenance_windows": ("maintenance_window",),
    "/event_orchestrations": ("event_orchestration", "event_orchestration_path"),
    "/business_services": ("business_service", "service_dependencies"),
    "/extensions": ("extension",),
    "/webhook_subscriptions": ("webhook_subscription",),
    "/audit/records": ("audit_record",),
}
"""The kind that each list is read for, and those that are read object by object from it."""
KINDS = tuple(kind for kinds in LISTS.values() for kind in kinds)
SHORT = (
    "/maintenance_windows",
    "/event_orchestrations",
    "/extensions",
    "/webhook_subscriptions",
    "/audit/records",
)
"""Lists without offsets, or with so few objects that they have one page."""
OF_PARAMETERS = {"business_service", "service_dependencies"}
"""What no shipped rule reads unless the settings say what is critical by it."""
BY_SOMETHING_ELSE = {"pagerduty_service_has_integration"}
"""A service with an integration passes whatever routes events to it."""
PAGED = [endpoint for endpoint in LISTS if endpoint not in SHORT]
OF_ONE_INCIDENT = "/incidents/{id}/log_entries"
"""Where the log entries are looked for when their list is refused."""
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


def assert_nothing_passes(lab, ran, *lost):
    """Hold that no rule over a view of lost kinds says anything but that it cannot tell."""
    touched = lab.rules_over(*lost)
    assert touched or set(lost) <= OF_PARAMETERS
    for rule in touched - (BY_SOMETHING_ELSE if lost == LISTS["/event_orchestrations"] else set()):
        assert {one.status for one in ran.rules[rule].results} == {Status.INSUFFICIENT}, rule


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
    assert ran.outcomes == expected
    whole_run = "".join(one.detail for one in ran.manifest.shortfalls)
    assert (amiss.message in whole_run) is (amiss.exit is Exit.SOURCE)
    for kind in KINDS:
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


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(refuse(401), Reason.DENIED, id="401"),
        pytest.param(html(401), Reason.DENIED, id="401 in HTML"),
        pytest.param(too_many_requests(None), Reason.RATE_LIMITED, id="429"),
        pytest.param(refuse(500), Reason.SOURCE_ERROR, id="500"),
        pytest.param(html(200), Reason.SOURCE_ERROR, id="200 in HTML"),
        pytest.param(refuse(200, '{"user": '), Reason.SOURCE_ERROR, id="half the JSON"),
        pytest.param(refuse(200, "[" * 100_000), Reason.SOURCE_ERROR, id="JSON without end"),
        pytest.param(cut_connection, Reason.SOURCE_ERROR, id="cut"),
        pytest.param(redirect("https://elsewhere.example/"), Reason.SOURCE_ERROR, id="redirect"),
    ],
)
def test_an_unusable_source_fails_the_whole_run(lab, fault, reason):
    """Nothing is read, everything that was due has failed, and nothing passes."""
    lab.control.inject("/users/me", fault)
    ran = lab.read()

    assert ran.outcomes == dict.fromkeys(KINDS, Outcome.FAILED)
    assert [one.reason for one in ran.manifest.shortfalls] == [reason]
    assert all(ran.reasons(kind) == {reason} for kind in KINDS)
    assert {one.template for one in ran.requests} == {"/users/me"}
    assert ran.exit is Exit.SOURCE
    assert_nothing_passes(lab, ran, *KINDS)


def test_an_unreachable_source_fails_the_whole_run(lab):
    """A port on which nobody listens."""
    ran = lab.read(base_url="http://127.0.0.1:1")
    assert ran.outcomes == dict.fromkeys(KINDS, Outcome.FAILED)
    assert [one.reason for one in ran.manifest.shortfalls] == [Reason.SOURCE_ERROR]
    assert ran.exit is Exit.SOURCE
    assert_nothing_passes(lab, ran, *KINDS)


@pytest.mark.parametrize("status", [400, 402, 403, 404])
def test_a_key_that_may_not_read_its_own_user_collects_everything_else(lab, status):
    """The manifest says that it is not known whose key it is."""
    honest = lab.honest("priority")
    lab.control.deny("/users/me", status)
    ran = lab.read("priority")
    assert ran.manifest.credential.kind == "api_key"
    assert ran.bodies == honest.bodies
    assert ran.judgement == honest.judgement


@pytest.mark.parametrize("status", [302, 308])
def test_the_credential_never_follows_a_redirect(lab, elsewhere, status):
    """No other host is ever connected to, and the kind says where it would have gone."""
    for endpoint in (*LISTS, OF_ONE_INCIDENT):
        lab.control.inject(endpoint, redirect(elsewhere.url, status))
    ran = lab.read()

    assert not elsewhere.was_reached()
    assert ran.outcomes == dict.fromkeys(KINDS, Outcome.FAILED)
    assert all("redirects to 127.0.0.1" in ran.details(kind) for kind in KINDS)
    assert_nothing_passes(lab, ran, *KINDS)


def test_an_endless_response_body_is_cut_off(lab):
    """Over the bound it is left at once, and not asked for again."""

    def huge(request, honest):
        return replace(honest(request), body=b'{"x": "' + b"x" * 2_000_000 + b'"}')

    for endpoint in (*LISTS, OF_ONE_INCIDENT):
        lab.control.inject(endpoint, huge)
    bounds = Bounds(attempts=4, backoff=0.0, max_backoff=0.0, max_body=1_000_000)
    ran = lab.read(bounds=bounds)

    assert ran.outcomes == dict.fromkeys(KINDS, Outcome.FAILED)
    assert all("larger than 1000000 bytes" in ran.details(kind) for kind in KINDS)
    pages = [one for one in ran.requests if one.template == "/services"]
    assert len([one for one in pages if "offset" in dict(one.params)]) == 1
    assert_nothing_passes(lab, ran, *KINDS)


def test_a_response_of_another_host_is_refused(lab):
    """JSON that holds nothing of what was asked for is no empty list."""
    for endpoint in (*LISTS, OF_ONE_INCIDENT):
        lab.control.inject(
            endpoint, lambda _asked, _honest: SimulatedResponse(body=b'{"status": "ok"}')
        )
    ran = lab.read()
    assert ran.outcomes == dict.fromkeys(KINDS, Outcome.FAILED)
    assert_nothing_passes(lab, ran, *KINDS)
