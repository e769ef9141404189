"""Which workflows each priority starts, and on which services none does."""

from __future__ import annotations

import pytest

P1, P2 = ({"id": f"P{n}", "name": f"P{n}", "order": 10 - n} for n in (1, 2))
P1_STARTS = "incident.priority matches 'P1'"


def workflow(**more):
    """Make a workflow that is on."""
    return {"id": "W1", "name": "Major incident", "is_enabled": True} | more


def trigger(**more):
    """Make a trigger that starts it on every P1 incident."""
    return {
        "id": "T1",
        "trigger_type": "conditional",
        "condition": P1_STARTS,
        "workflow": {"id": "W1", "name": "Major incident"},
        "services": [],
        "is_subscribed_to_all_services": True,
    } | more


@pytest.fixture
def row_of(view, pd):
    """Return the row of P1 beside P2, with two services."""

    def row(triggers, workflows=(), services=("S1", "S2"), priorities=(P1, P2)):
        rows = view(
            "priority_workflows",
            priority=list(priorities),
            incident_workflow=list(workflows or [workflow()]),
            incident_workflow_trigger=list(triggers),
            service=[pd.service(key) for key in services],
        )
        return next(one for one in rows if one.subject.key == "P1")

    return row


def without(row):
    """Return the services without a workflow: False, or None where it is not known."""
    return {service["id"]: service.get("starts") for service in row.body["services"]}


def test_a_workflow_for_every_service_leaves_none_without(row_of):
    """And the row names it."""
    row = row_of([trigger()])
    assert (without(row), row.body["workflows"], row.body["rank"]) == ({}, ["Major incident"], 1)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({"trigger_type": "manual", "condition": None}, False, id="by hand"),
        pytest.param({"trigger_type": "incident_type"}, False, id="by a type"),
        pytest.param({"trigger_type": "moon"}, None, id="by something new"),
        pytest.param({"condition": "incident.priority matches 'P2'"}, False, id="for another"),
        pytest.param({"condition": "incident.priority exists"}, None, id="not understood"),
        pytest.param({"is_disabled": True}, False, id="off by the trigger"),
        pytest.param({"is_subscribed_to_all_services": False}, False, id="on no service"),
        pytest.param({"is_subscribed_to_all_services": None}, None, id="services not reported"),
    ],
)
def test_a_trigger_that_does_not_start_it_leaves_every_service_without(row_of, changed, expected):
    """Known not to start, or not known to."""
    assert without(row_of([trigger(**changed)])) == {"S1": expected, "S2": expected}


@pytest.mark.parametrize(
    ("enabled", "disabled", "expected"),
    [
        (True, None, {}),
        (None, False, {}),
        (False, None, {"S1": False}),
        (False, False, {"S1": False}),
        (None, None, {"S1": None}),
    ],
)
def test_a_workflow_starts_only_where_it_is_known_to_be_on(row_of, enabled, disabled, expected):
    """The workflow says it, and so may the trigger."""
    row = row_of([trigger(is_disabled=disabled)], [workflow(is_enabled=enabled)], services=("S1",))
    assert without(row) == expected


def test_services_that_a_trigger_names_are_those_on_which_it_starts(row_of, pd):
    """The other has none, unless another trigger starts one there."""
    one = trigger(is_subscribed_to_all_services=False, services=[pd.ref("S1", "service")])
    two = one | {"id": "T2", "services": [pd.ref("S2", "service")]}
    assert without(row_of([one])) == {"S2": False}
    assert without(row_of([one, two])) == {}


def test_without_triggers_no_service_has_one(row_of):
    """Nothing starts by itself."""
    assert without(row_of([])) == {"S1": False, "S2": False}


def test_without_services_nothing_is_said_of_them(row_of):
    """No service lacks one, and none has one."""
    row = row_of([trigger()], services=())
    assert "services" not in row.body
    assert "no service" in row.unknown["services"]


def test_ranks_are_unknown_where_an_order_is(row_of):
    """The one without an order may be the most severe."""
    row = row_of([trigger()], priorities=(P1, P2 | {"order": None}))
    assert "rank" not in row.body
