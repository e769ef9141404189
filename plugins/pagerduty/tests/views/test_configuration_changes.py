"""The view ``pagerduty.configuration_changes``."""

from __future__ import annotations

import pytest


def record(kind="service", *, action="update", fields=(), resource=None, **more):
    """Make an audit record; a field is its name, its value before and its value after."""
    root = {"id": "PX", "type": f"{kind}_reference", "summary": "Checkout"}
    written = [
        {"name": name, "before_value": before, "value": after} for name, before, after in fields
    ]
    return {
        "id": "PDA1",
        "execution_time": "2026-11-20T10:00:00Z",
        "action": action,
        "actors": [{"id": "PANN", "type": "user_reference", "summary": "Ann"}],
        "root_resource": root,
        "details": {"resource": resource or root, "fields": written},
        **more,
    }


@pytest.mark.parametrize(
    ("body", "grants"),
    [
        pytest.param(record("user", fields=[("role", "limited_user", "admin")]), True, id="admin"),
        pytest.param(record("user", fields=[("role", "admin", "owner")]), True, id="owner"),
        pytest.param(record("user", fields=[("role", "admin", "user")]), False, id="taken back"),
        pytest.param(record("user", fields=[("role", "admin", "admin")]), False, id="the same"),
        pytest.param(record("user", fields=[("email", None, None)]), False, id="another field"),
        pytest.param(record("user"), False, id="no field"),
        pytest.param(record("user", details=None), False, id="no details"),
    ],
)
def test_a_change_that_grants_privileges_is_marked(only, body, grants):
    """Of a user's role, to owner or admin."""
    assert only("configuration_changes", audit_record=[body])["grants_privileges"] is grants


@pytest.mark.parametrize(
    ("body", "weakenings"),
    [
        pytest.param(
            record("escalation_policy", fields=[("num_loops", "2", "0")]),
            ["the policy is repeated 0 times instead of 2"],
            id="fewer repeats",
        ),
        pytest.param(record("escalation_policy", fields=[("num_loops", "0", "2")]), [], id="more"),
        pytest.param(
            record("escalation_policy", fields=[("num_loops", None, "2")]), [], id="before unknown"
        ),
        pytest.param(
            record("schedule", action="delete"), ["the schedule was deleted"], id="a deletion"
        ),
        pytest.param(
            record("schedule", action="delete", resource={"id": "PY", "type": "schedule_layer"}),
            [],
            id="a deletion below it",
        ),
        pytest.param(record("team", action="delete"), [], id="of what pages nobody"),
        pytest.param(
            record(fields=[("status", "active", "disabled")]),
            ["the service was disabled"],
            id="disabled",
        ),
        pytest.param(
            record(fields=[("urgency", "high", "low")]),
            ["incidents became of low urgency"],
            id="low urgency",
        ),
    ],
)
def test_a_change_that_weakens_the_response_says_how(only, body, weakenings):
    """Of policies, schedules and services."""
    assert only("configuration_changes", audit_record=[body])["weakenings"] == weakenings


def test_an_unknown_actor_is_left_out(only):
    """A rule that asks who it was is inconclusive."""
    assert "actors" not in only("configuration_changes", audit_record=[record(actors=[])])


def test_a_record_that_does_not_say_what_has_no_row(view):
    """Nothing could be said of it."""
    assert view("configuration_changes", audit_record=[record(root_resource=None)]) == ()
