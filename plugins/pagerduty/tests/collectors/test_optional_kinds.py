"""What plans and rights may leave out: priorities, maintenance, the audit trail, orchestrations."""

from __future__ import annotations

import httpx  # noqa: TID253 - answers of a scripted account
import pytest
from ccm_pagerduty.collectors.audit_record import without_private_values
from ccm_pagerduty.kinds import kinds

from ccm_core.collect.privacy_projection import Projector, Pseudonymizer
from ccm_core.sdk.errors import BadResponse, NotAvailable, PermissionDenied
from ccm_core.sdk.types import Reason, Shape

KINDS = {kind.name: kind for kind in kinds()}
SERVICES = {"pagerduty.service": [{"id": "PA", "name": "Web"}, {"id": "PB", "name": "Shop"}]}
ORCHESTRATIONS = {"pagerduty.event_orchestration": [{"id": "e1", "name": "Production"}]}


def path_answer(**path):
    """Answer the rule sets of one path."""
    return httpx.Response(200, json={"orchestration_path": {"type": "x", "sets": [], **path}})


def of_services(**answers):
    """Answer the rules of both services."""
    paths = {key: f"/event_orchestrations/services/{key}" for key in ("PA", "PB")}
    active = httpx.Response(200, json={"active": True})
    return {
        **{path: answers.get(key, path_answer()) for key, path in paths.items()},
        **{f"{path}/active": active for path in paths.values()},
    }


def stored(kind, body):
    """Return what is kept of a body."""
    projection = Projector(KINDS[kind].schema(), Pseudonymizer(b"k" * 32))
    return projection.project(body).body


def test_optional_kinds_are_marked_as_such():
    """The others come with every plan and are read by every credential that may read services."""
    assert {name.removeprefix("pagerduty.") for name, kind in KINDS.items() if kind.optional} == {
        "priority",
        "maintenance_window",
        "event_orchestration",
        "event_orchestration_path",
        "service_orchestration",
        "schedule_overrides",
        "service_custom_fields",
        "business_service",
        "service_dependencies",
        "service_standards",
        "extension",
        "webhook_subscription",
        "session_configuration",
        "incident_workflow",
        "incident_workflow_trigger",
        "incident_note",
        "audit_record",
    }


@pytest.mark.parametrize(
    ("noun", "path", "wrapper", "parameters"),
    [
        ("priority", "/priorities", "priorities", []),
        ("maintenance_window", "/maintenance_windows", "maintenance_windows", [("filter", "all")]),
        ("event_orchestration", "/event_orchestrations", "orchestrations", []),
    ],
)
def test_a_list_is_asked_for_whole(account, noun, path, wrapper, parameters):
    """Maintenance that is over and that is planned as well."""
    events = account(noun, {path: {wrapper: [{"id": "P1"}]}})
    assert events.items == [{"id": "P1"}]
    assert events.asked == [(path, parameters)]


# -- the audit trail --------------------------------------------------------------------------


def trail(*pages):
    """Answer the audit trail page by page, each with the cursor of the next."""

    def answer(request):
        number = int(request.url.params.get("cursor", "0"))
        following = str(number + 1) if number + 1 < len(pages) else None
        body = {"records": pages[number], "limit": 100, "next_cursor": following}
        return httpx.Response(200, json=body)

    return {"/audit/records": answer}


def test_the_audit_trail_is_read_by_cursor_to_its_end(account):
    """The last page is the one without a cursor; the window is asked for each time."""
    events = account("audit_record", trail([{"id": "R1"}], [], [{"id": "R2"}]))
    assert [item["id"] for item in events.items] == ["R1", "R2"]
    assert [page.last for page in events.pages] == [False, False, True]
    window = [("since", "2026-11-23T11:00:00Z"), ("until", "2026-11-23T12:00:00Z")]
    assert [[pair for pair in query if pair[0] != "cursor"] for _, query in events.asked] == 3 * [
        window
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"records": [], "next_cursor": "0"},
        {"records": [], "next_cursor": 7},
        {"records": [], "next_cursor": ""},
        {"records": None, "next_cursor": None},
        {"records": [None], "next_cursor": None},
        [],
    ],
    ids=["in circles", "a number", "an empty cursor", "null", "null in it", "no object"],
)
def test_an_audit_trail_that_makes_no_sense_is_an_error(account, body):
    """It is never taken for the end of the trail."""
    with pytest.raises(BadResponse):
        account("audit_record", {"/audit/records": httpx.Response(200, json=body)})


@pytest.mark.parametrize(
    ("answer", "error"), [("no plan", NotAvailable), ("no right", PermissionDenied)]
)
def test_an_audit_trail_that_is_refused_is_an_error(account, answer, error):
    """By the plan, or because the credential is no admin's."""
    with pytest.raises(error):
        account("audit_record", {"/audit/records": answer})


@pytest.mark.parametrize(
    ("kind", "field", "is_kept"),
    [
        ("escalation_policy_reference", "num_loops", True),
        ("service_reference", "acknowledgement_timeout", True),
        ("service_reference", "integration_key", False),
        ("service_reference", "integration_email", False),
        ("team_reference", "teamName", True),
        ("user_reference", "role", True),
        ("user_reference", "team_role", True),
        ("user_reference", "name", False),
        ("user_reference", "email", False),
        ("user_reference", "something_new", False),
        ("phone_contact_method_reference", "address", False),
        ("sms_contact_method_reference", "enabled", True),
        ("assignment_notification_rule_reference", "start_delay_in_minutes", True),
        ("ip_allow_list_reference", "entries", False),
    ],
)
def test_values_that_may_be_personal_or_secret_are_stored_as_pseudonyms(kind, field, is_kept):
    """That something changed is seen, and not what it says, unless rules need it."""
    change = {"name": field, "value": "new-value", "before_value": "old-value"}
    record = {
        "id": "R1",
        "execution_time": "2026-11-23T11:00:00.272Z",
        "execution_context": {"remote_address": "192.0.2.7"},
        "method": {"type": "api_token", "truncated_token": "2adm"},
        "root_resource": {"id": "P1", "type": kind, "summary": "Core"},
        "details": {"fields": [change]},
    }
    body = stored("pagerduty.audit_record", without_private_values(record))
    (kept,) = body["details"]["fields"]
    assert kept["name"] == field
    assert (kept.get("value") == "new-value") is is_kept
    assert ("new-value" in str(body)) is ("old-value" in str(body)) is is_kept
    assert is_kept or kept["private_value"] != kept["private_before_value"]
    assert "192.0.2.7" not in str(body)
    assert "2adm" not in str(body)


@pytest.mark.parametrize(
    "record",
    [
        {"id": "R1"},
        {"id": "R1", "actors": None, "details": None},
        {"id": "R1", "details": {"fields": None, "references": None, "resource": None}},
        {"id": "R1", "details": {"fields": [None], "references": [None]}, "actors": [None]},
        {"id": "R1", "root_resource": None, "details": {"fields": [{"name": None}]}},
        {"id": "R1", "details": []},
    ],
)
def test_odd_audit_records_are_passed_on(record):
    """The schema decides about them; nothing breaks."""
    assert without_private_values(record)["id"] == "R1"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, None), ("2", "2"), (2, "2"), (["P1", "P2"], '["P1","P2"]'), (True, "true")],
)
def test_a_changed_value_is_a_text_whatever_it_was(validators_of, value, text):
    """A custom field may be a list."""
    record = {
        "id": "R1",
        "execution_time": "2026-11-23T11:00:00.272Z",
        "root_resource": {"id": "P1", "type": "service_reference"},
        "details": {"fields": [{"name": "num_loops", "value": value}]},
    }
    body = stored("pagerduty.audit_record", without_private_values(record))
    assert body["details"]["fields"] == [{"name": "num_loops", "value": text}]
    assert validators_of("pagerduty.audit_record").is_valid(body)


def test_what_a_person_calls_an_address_is_not_stored():
    """A contact method's title may be the number itself."""
    device = {"id": "PC", "type": "sms_contact_method_reference", "summary": "+49 151 5550"}
    record = {
        "id": "R1",
        "root_resource": {"id": "PU", "type": "user_reference", "summary": "Jana"},
        "details": {"resource": device, "references": [{"name": "m", "added": [device]}]},
    }
    assert "5550" not in str(without_private_values(record))
    assert without_private_values(record)["root_resource"]["summary"] == "Jana"


# -- event orchestrations ---------------------------------------------------------------------


def test_the_three_paths_of_an_orchestration_are_read(account):
    """With what they belong to, by its title, which PagerDuty leaves out."""
    answers = {
        f"/event_orchestrations/e1/{kind}": path_answer(type=kind)
        for kind in ("global", "router", "unrouted")
    }
    events = account("event_orchestration_path", answers, current_records=ORCHESTRATIONS)
    assert [item["type"] for item in events.items] == ["global", "router", "unrouted"]
    assert {item["parent"]["summary"] for item in events.items} == {"Production"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("no right", Reason.DENIED), ("gone", Reason.NOT_AVAILABLE)],
)
def test_one_service_whose_rules_are_refused_is_named(account, answer, reason):
    """The others are read."""
    events = account("service_orchestration", of_services(PA=answer), current_records=SERVICES)
    assert [item["parent"]["id"] for item in events.items] == ["PB"]
    assert [(fall.reason, fall.subjects) for fall in events.shortfalls] == [
        (reason, ("pagerduty.service:PA",))
    ]


@pytest.mark.parametrize(
    ("answer", "error"),
    [("no right", PermissionDenied), ("gone", NotAvailable), ("no plan", NotAvailable)],
)
def test_rules_that_are_refused_for_every_service_are_not_available(account, answer, error):
    """The feature is off, or the credential may not read it: that is one fact, not one for each."""
    with pytest.raises(error):
        account(
            "service_orchestration", of_services(PA=answer, PB=answer), current_records=SERVICES
        )


@pytest.mark.parametrize(
    "sets",
    [
        None,
        [],
        [None],
        [{"id": "start", "rules": None}],
        [{"id": "start", "rules": [None]}],
        [{"id": "start", "rules": [{"id": "r", "conditions": None, "actions": None}]}],
        [{"id": "start", "rules": [{"id": "r", "conditions": [None], "actions": {}}]}],
        [{"id": "a", "rules": [{"id": "r", "actions": {"route_to": "a"}}]}],
        [
            {"id": "a", "rules": [{"id": "r", "actions": {"route_to": "b"}}]},
            {"id": "b", "rules": [{"id": "r", "actions": {"route_to": "a"}}]},
        ],
    ],
    ids=[
        "null",
        "none",
        "a null set",
        "null rules",
        "a null rule",
        "null in a rule",
        "a null condition",
        "a loop",
        "a longer loop",
    ],
)
def test_odd_rule_sets_are_kept_as_they_are(account, validators_of, sets):
    """What is null stays null: a rule that is not told is no rule that is not there."""
    answers = of_services(PA=path_answer(sets=sets), PB=path_answer(sets=sets))
    events = account("service_orchestration", answers, current_records=SERVICES)
    body = stored("pagerduty.service_orchestration", events.items[0])
    assert body["sets"] == sets
    assert validators_of("pagerduty.service_orchestration").is_valid(body)


@pytest.mark.parametrize(
    ("answer", "requests"),
    [
        (path_answer(sets=[{"id": "start", "rules": [{"id": "r"}]}]), 3),
        (path_answer(catch_all={"actions": {"suppress": True}}), 3),
        (path_answer(sets=[{"id": "start", "rules": []}], catch_all={"actions": {}}), 2),
        (path_answer(sets="odd", catch_all=["odd"]), 2),
    ],
    ids=["a rule", "a last resort", "none", "odd"],
)
def test_whether_rules_are_in_use_is_asked_where_there_is_one(account, answer, requests):
    """A service without rules takes one request."""
    events = account("service_orchestration", of_services(PA=answer), current_records=SERVICES)
    assert len(events.asked) == requests
    assert [body.get("active") for body in events.items] == [True if requests == 3 else None, None]


def test_rules_are_stored_without_what_they_look_for_and_whom_they_call():
    """Conditions may name hosts and people, and webhooks carry secrets."""
    rule = {
        "id": "r",
        "label": "Canary",
        "conditions": [{"expression": "event.source matches 'db7.internal'"}],
        "actions": {
            "suppress": True,
            "automation_actions": [{"url": "https://hook.test/s3cret", "headers": [{"k": "v"}]}],
            "annotate": "call 5550",
        },
    }
    body = {
        "type": "service",
        "parent": {"id": "PA", "type": "service_reference"},
        "sets": [{"id": "start", "rules": [rule]}],
    }
    kept = stored("pagerduty.service_orchestration", body)
    assert kept["sets"][0]["rules"][0]["actions"] == {"suppress": True}
    assert not [word for word in ("db7", "s3cret", "5550") if word in str(kept)]
    assert len(kept["sets"][0]["rules"][0]["conditions"]) == 1


def test_per_object_kinds_are_read_once_a_day():
    """Each object costs a request; the audit trail is read each hour, one request a window."""
    hours = {
        name.removeprefix("pagerduty."): kind.cadence.total_seconds() / 3600
        for name, kind in KINDS.items()
        if kind.optional
    }
    assert hours.pop("audit_record") == 1
    assert hours.pop("maintenance_window") == 6
    assert set(hours.values()) == {24}
    events = {name for name, kind in KINDS.items() if kind.optional and kind.shape is Shape.EVENT}
    assert events == {"pagerduty.audit_record", "pagerduty.incident_note"}
