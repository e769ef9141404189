"""Maintenance windows, the audit trail, orchestrations, and how users are notified."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from pagerduty_simulator.account.operations import MaintenanceWindow
from pagerduty_simulator.api.credentials import SimulatedCredential

DAY = 86_400


def description(reference_data, name):
    """Return the vendor's description of one schema, with its properties whatever they inherit."""
    schemas = {}
    for file in ("openapi-subset.json", "openapi-subset-depth.json"):
        document = json.loads((reference_data / file).read_text())
        schemas |= document["components"]["schemas"]
    return set(_properties(schemas, schemas[name]))


def _properties(schemas, schema):
    for part in (schema, *schema.get("allOf", ())):
        if reference := part.get("$ref"):
            name = reference.removeprefix("#/components/schemas/").split("/")[0]
            yield from _properties(schemas, schemas[name])
        yield from part.get("properties", ())


@pytest.mark.parametrize(
    ("type_", "schema"),
    [
        ("email_contact_method", "EmailContactMethod"),
        ("phone_contact_method", "PhoneContactMethod"),
        ("push_notification_contact_method", "PushContactMethod"),
    ],
)
def test_a_contact_method_has_the_fields_that_its_type_has(get, reference_data, type_, schema):
    """A push notification cannot be enabled, and an address is not blocked."""
    users = get("/users", {"include[]": "contact_methods", "limit": 100}).json()["users"]
    sent = [
        method for user in users for method in user["contact_methods"] if method["type"] == type_
    ]
    described = description(reference_data, schema)
    for method in sent:
        assert set(method) <= described
        assert ("enabled" in method) is ("enabled" in described)
        assert ("blacklisted" in method) is ("blacklisted" in described)
    assert sent


@pytest.mark.parametrize("urgency", [None, "high", "low", "all"])
def test_notification_rules_of_a_user_are_by_default_those_of_high_urgency(get, account, urgency):
    """Whoever wants all asks for all."""
    user = next(user for user in account.users.values() if len(user.notification_rules) > 1)
    query = {"urgency": urgency} if urgency else {}
    body = get(f"/users/{user.id}/notification_rules", query).json()["notification_rules"]
    wanted = {"high", "low"} if urgency == "all" else {urgency or "high"}
    assert {rule["urgency"] for rule in body} == wanted
    whole = get(f"/users/{user.id}", {"include[]": "notification_rules"}).json()["user"]
    assert [rule for rule in whole["notification_rules"] if rule["urgency"] in wanted] == body


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (None, {"now", "ahead", "open"}),
        ("past", {"past"}),
        ("future", {"ahead"}),
        ("ongoing", {"now", "open"}),
        ("all", {"past", "now", "ahead", "open"}),
    ],
)
def test_maintenance_windows_are_listed_by_their_state(get, account, state, expected):
    """Without a filter those that are over are left out; one without an end is never over."""
    now, service = account.epoch, next(iter(account.services))
    plans = {"past": (-2, -1), "now": (-1, 1), "ahead": (1, 2), "open": (-9, None)}
    account.maintenance_windows[:] = [
        MaintenanceWindow(
            id=name,
            start=now + begin * DAY,
            end=None if end is None else now + end * DAY,
            service_ids=(service,),
        )
        for name, (begin, end) in plans.items()
    ]
    body = get("/maintenance_windows", {"filter": state} if state else {}).json()
    windows = {window["id"]: window for window in body["maintenance_windows"]}
    assert set(windows) == expected
    assert "open" not in windows or windows["open"]["end_time"] is None
    assert get("/maintenance_windows", {"filter": "soon"}).status_code == 400


def test_the_audit_trail_is_read_by_cursor_newest_first(get, account):
    """The window has at most 31 days, and the last page has no cursor."""
    window = {"since": "2026-10-25T00:00:00Z", "until": "2026-11-21T00:00:00Z", "limit": 2}
    cursor, times = None, []
    while cursor is not None or not times:
        page = get("/audit/records", window | ({"cursor": cursor} if cursor else {})).json()
        times += [record["execution_time"] for record in page["records"]]
        cursor = page["next_cursor"]
    assert times == sorted(times, reverse=True)
    assert len(times) == len(account.audit_records)
    long = {"since": "2026-10-01T00:00:00Z", "until": "2026-11-21T00:00:00Z"}
    assert get("/audit/records", long).status_code == 400
    assert get("/audit/records", window | {"cursor": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("admin", 200), ("user", 403), ("observer", 403)]
)
def test_the_audit_trail_is_for_administrators(get, account, control, role, status):
    """And for keys of the account."""
    user = next(iter(account.users.values()))
    account.users[user.id] = replace(user, role=role)
    control.api_keys["mine"] = SimulatedCredential(secret="mine", user_id=user.id)
    assert get("/audit/records", key="Token token=mine").status_code == status


@pytest.mark.parametrize(
    ("ability", "path", "status"),
    [
        ("audit_trail_reporting", "/audit/records", 402),
        ("incident_priority_activated", "/priorities", 402),
        ("event_rules", "/event_orchestrations", 404),
    ],
)
def test_what_the_plan_lacks_is_refused(get, account, ability, path, status):
    """The feature is missing; that differs from an empty list."""
    assert get(path).status_code == 200
    account.abilities.remove(ability)
    assert get(path).status_code == status


@pytest.mark.parametrize("kind", ["router", "unrouted", "global"])
def test_the_paths_of_an_orchestration_have_rule_sets(get, account, kind):
    """An event enters at the set with the id start; one that is not there is not found."""
    entry = next(iter(account.orchestrations))
    path = get(f"/event_orchestrations/{entry}/{kind}").json()["orchestration_path"]
    assert (path["type"], path["parent"]["id"]) == (kind, entry)
    assert path["sets"][0]["id"] == "start"
    assert get(f"/event_orchestrations/nothing/{kind}").status_code == 404


def test_each_service_has_rules_of_its_own_and_most_have_none(get, account):
    """The one that has some is active."""
    (service,) = account.service_orchestrations
    other = next(key for key in account.services if key != service)
    for key, active in ((service, True), (other, False)):
        path = get(f"/event_orchestrations/services/{key}").json()["orchestration_path"]
        assert bool(path["sets"][0]["rules"]) is active
        body = get(f"/event_orchestrations/services/{key}/active").json()
        assert body == {"active": active}
