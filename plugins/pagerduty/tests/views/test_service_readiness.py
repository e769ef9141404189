"""The view ``pagerduty.service_readiness``."""

from __future__ import annotations

import pytest

START, END = -30 * 24, 14 * 24
POLICY_KEYS = {"observed", "level_count", "levels", "uncovered"}


def service(only, pd, bodies, *, policies=None):
    """Return the row of one service whose policy names Ann."""
    return only(
        "service_readiness",
        service=[bodies],
        escalation_policy=[pd.policy("P1", [pd.ref("ann")])] if policies is None else policies,
        user=[pd.user("ann")],
    )


@pytest.mark.parametrize(
    ("rule", "expected", "at_all_hours"),
    [
        pytest.param({"type": "constant", "urgency": "high"}, True, True, id="high"),
        pytest.param({"type": "constant", "urgency": "low"}, False, False, id="low"),
        pytest.param(
            {"type": "constant", "urgency": "severity_based"}, True, True, id="by severity"
        ),
        pytest.param(
            {
                "type": "use_support_hours",
                "during_support_hours": {"type": "constant", "urgency": "high"},
                "outside_support_hours": {"type": "constant", "urgency": "low"},
            },
            True,
            False,
            id="high during support hours",
        ),
        pytest.param(
            {
                "type": "use_support_hours",
                "during_support_hours": {"type": "constant", "urgency": "low"},
                "outside_support_hours": {"type": "constant", "urgency": "low"},
            },
            False,
            False,
            id="low at all hours",
        ),
        pytest.param(
            {
                "type": "use_support_hours",
                "during_support_hours": {"type": "constant", "urgency": "low"},
                "outside_support_hours": None,
            },
            None,
            False,
            id="half of it not told",
        ),
        pytest.param({"type": "constant", "urgency": "new"}, None, None, id="an unknown urgency"),
        pytest.param(None, None, None, id="not told"),
    ],
)
def test_a_service_pages_where_an_incident_can_be_of_high_urgency(
    only, pd, rule, expected, at_all_hours
):
    """The urgency rule decides; where it is not understood, nothing is said."""
    row = service(only, pd, pd.service("S1", incident_urgency_rule=rule))
    assert row.get("pages_high_urgency") is expected
    assert row.get("pages_at_all_hours") is at_all_hours


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("active", "enabled"),
        ("warning", "enabled"),
        ("critical", "enabled"),
        ("maintenance", "maintenance"),
        ("disabled", "disabled"),
    ],
)
def test_service_status_is_the_administrative_one(only, pd, status, expected):
    """Open incidents do not change the row."""
    assert service(only, pd, pd.service("S1", status=status))["status"] == expected


def test_a_service_takes_its_levels_from_its_policy(only, pd):
    """A policy whose first level is covered makes the service ready."""
    row = service(only, pd, pd.service("S1"))
    assert row["has_policy"] is True
    assert row["policy"] == {"id": "P1", "title": "the escalation_policy P1"}
    assert row["level_count"] == 1
    assert row["levels"] == [{"level": 1, "covered": [row["observed"]], "gaps": []}]
    assert row["uncovered"] == []


def test_a_gap_on_the_first_level_shows_on_the_service(only, pd):
    """The service is as reachable as its policy's first level."""
    row = only(
        "service_readiness",
        service=[pd.service("S1")],
        escalation_policy=[pd.policy("P1", [pd.ref("D1", "schedule")], [pd.ref("ann")])],
        schedule=[pd.schedule("D1")],
        schedule_rendering=[pd.rendering("D1", (START, 1, "ann"), (2, END, "ann"))],
        user=[pd.user("ann")],
    )
    first, second = row["levels"]
    window = {"since": "2026-11-23T13:00:00Z", "until": "2026-11-23T14:00:00Z"}
    reasons = ["Schedule D1: gap between layers"]
    assert first["gaps"] == [window | {"causes": ["gap_between_layers"], "reasons": reasons}]
    assert (second["gaps"], row["uncovered"]) == ([], [])
    assert [pd.at.reaches(row, level) for level in row["levels"]] == [True, True]


@pytest.mark.parametrize(
    ("ref", "has_policy"),
    [
        pytest.param(None, False, id="none assigned"),
        pytest.param({"deleted_at": "2026-11-01T00:00:00Z"}, False, id="deleted"),
        pytest.param({}, None, id="not listed: deleted or hidden"),
    ],
)
def test_service_with_a_missing_policy_has_no_level_fields(only, pd, ref, has_policy):
    """A policy that is named and not listed may be hidden from the credential."""
    bodies = pd.service("S1", policy=None)
    bodies["escalation_policy"] = ref and pd.ref("P9", "escalation_policy", **ref)
    if ref == {}:
        bodies["escalation_policy"] = pd.ref("P9", "escalation_policy")
    row = service(only, pd, bodies)
    assert row.get("has_policy") is has_policy
    assert not POLICY_KEYS & set(row)


def test_service_whose_policy_was_deleted_has_none(only, pd):
    """A policy that was listed once and is gone is not hidden."""
    row = only(
        "service_readiness",
        service=[pd.service("S1", policy="P9")],
        vanished={"escalation_policy": [pd.policy("P9", [pd.ref("ann")])]},
    )
    assert row["has_policy"] is False
    assert not POLICY_KEYS & set(row)


def test_integrations_are_counted(only, pd):
    """A service that nothing sends to has none."""
    bodies = pd.service("S1", integrations=[pd.ref("K1", "integration"), pd.ref("K2", "x")])
    assert service(only, pd, bodies)["integrations"] == 2
    bodies = pd.service("S1", integrations=None)
    assert "integrations" not in service(only, pd, bodies)


def path(*rules, kind="router", catch_all=None):
    """Make a path of an event orchestration."""
    return {
        "type": kind,
        "parent": {"id": "E1", "type": "event_orchestration_reference", "summary": "Events"},
        "sets": [None, {"id": "start", "rules": list(rules)}],
        "catch_all": catch_all,
    }


def route(actions, **more):
    """Make a rule of it."""
    return {"id": "r1", "conditions": [], "actions": actions, **more}


@pytest.mark.parametrize(
    ("router", "count"),
    [
        pytest.param(path(route({"route_to": "S1"})), 1, id="routed to it"),
        pytest.param(path(route({"route_to": "S1"}), route({"route_to": "S1"})), 1, id="twice"),
        pytest.param(path(route({"route_to": "S2"})), 0, id="routed to another service"),
        pytest.param(path(route({"route_to": "S1"}, disabled=True)), 0, id="a rule that is off"),
        pytest.param(path(catch_all={"actions": {"route_to": "S1"}}), 1, id="all others"),
        pytest.param(path(catch_all={"actions": {"route_to": "unrouted"}}), 0, id="unrouted"),
        pytest.param(path(route({"dynamic_route_to": {}})), 0, id="an empty dynamic route"),
        pytest.param(
            path(route({"dynamic_route_to": {"lookup_by": "service_name"}})),
            1,
            id="the event names it",
        ),
        pytest.param(path(route(None)), 0, id="no actions"),
        pytest.param(path(route({"route_to": "S1"}), kind="global"), 0, id="no router"),
    ],
)
def test_orchestrations_that_route_to_a_service_are_counted(only, pd, router, count):
    """Whatever sends events to it can open incidents on it."""
    row = only(
        "service_readiness",
        service=[pd.service("S1")],
        escalation_policy=[pd.policy("P1", [pd.ref("ann")])],
        user=[pd.user("ann")],
        event_orchestration_path=[router],
    )
    assert row["orchestrations"] == count


OF_A_SERVICE = (
    "service",
    "service_custom_fields",
    "service_orchestration",
    "service_standards",
)
"""The kinds that have one record for each service."""


def test_services_that_share_a_policy_have_the_same_digests(view, pd):
    """Each row names the policy's people, and no other service."""
    rows = view(
        "service_readiness",
        service=[pd.service("S1"), pd.service("S2")],
        escalation_policy=[pd.policy("P1", [pd.ref("ann")])],
        user=[pd.user("ann")],
    )
    shared = {"pagerduty.escalation_policy:P1", "pagerduty.user:ann"}
    assert [set(row.names) for row in rows] == [
        shared | {f"pagerduty.{noun}:{key}" for noun in OF_A_SERVICE} for key in ("S1", "S2")
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param([], {}, id="none"),
        pytest.param([{"name": "tier", "values": ["1"]}], {"tier": ["1"]}, id="chosen"),
        pytest.param([{"name": "tier", "values": []}], {"tier": []}, id="not set"),
        pytest.param([{"name": "tier", "values": None}], {}, id="unknown"),
        pytest.param([{"name": "who", "private_values": ["pseudonym:1"]}], {}, id="typed"),
    ],
)
def test_service_shows_what_its_custom_fields_say(only, pd, fields, expected):
    """But for what people typed: a condition on that is inconclusive, and never false."""
    custom = {"service": pd.ref("S1", "service"), "fields": fields}
    row = only("service_readiness", service=[pd.service("S1")], service_custom_fields=[custom])
    assert row["custom_fields"] == expected


def test_custom_fields_that_were_not_read_are_not_none(only, pd):
    """Nobody knows whether the service has any."""
    other = {"service": pd.ref("S2", "service"), "fields": []}
    row = only("service_readiness", service=[pd.service("S1")], service_custom_fields=[other])
    assert "custom_fields" not in row
