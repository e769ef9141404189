"""The view ``pagerduty.responder_reachability``."""

from __future__ import annotations

import pytest


def method(kind, *, enabled=True, **more):
    """Make a contact method."""
    return {"id": "C", "type": f"{kind}_contact_method", "enabled": enabled, **more}


@pytest.mark.parametrize(
    ("methods", "count"),
    [
        pytest.param([method("email"), method("sms")], 2, id="two types"),
        pytest.param([method("email"), method("email")], 1, id="one type twice"),
        pytest.param([method("email"), method("sms", enabled=False)], 1, id="one disabled"),
        pytest.param([method("email"), method("sms", blacklisted=True)], 1, id="one blocked"),
        pytest.param([method("email"), method("sms", enabled=None)], None, id="one not told"),
        pytest.param([method("email"), method("email", enabled=None)], 1, id="told otherwise"),
        pytest.param([method("sms", enabled=None, blacklisted=True)], 0, id="blocked anyway"),
        pytest.param([method("push_notification", enabled=None)], 1, id="push has no such field"),
        pytest.param([{"id": "C", "type": "sms_contact_method_reference"}], None, id="reference"),
        pytest.param([], 0, id="none"),
        pytest.param(None, None, id="not read"),
    ],
)
def test_contact_methods_are_counted_by_type(only, pd, methods, count):
    """Only what is enabled and not blocked reaches anybody."""
    row = only(
        "responder_reachability",
        user=[pd.user("ann", contact_methods=methods)],
        on_call=[pd.on_call("ann")],
    )
    assert row.get("contact_methods") == count


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        pytest.param({}, False, id="nowhere"),
        pytest.param({"policy": "ann"}, True, id="named by a policy"),
        pytest.param({"on_call": "ann"}, True, id="in an on-call"),
        pytest.param({"policy": "bob", "on_call": "bob"}, False, id="somebody else is"),
    ],
)
def test_each_on_call_user_has_a_reachability_row(view, pd, evidence, expected):
    """By name in a policy, or through a schedule in an on-call."""
    policies = [pd.policy("P1", [pd.ref(evidence["policy"])])] if "policy" in evidence else []
    on_calls = [pd.on_call(evidence["on_call"])] if "on_call" in evidence else []
    rows = view(
        "responder_reachability",
        user=[pd.user("ann")],
        escalation_policy=policies,
        on_call=on_calls,
    )
    assert bool(rows) is expected
    assert all(len(row.evidence_digests) == 2 for row in rows)


def test_a_responder_says_what_their_role_allows(only, pd):
    """A stakeholder who is on call is told as one."""
    row = only(
        "responder_reachability",
        user=[pd.user("ann", role="read_only_user", invited=True)],
        on_call=[pd.on_call("ann")],
    )
    assert (row["stakeholder"], row["invitation_pending"]) == (True, True)


UNKNOWN = object()


@pytest.mark.parametrize(
    ("methods", "rules", "after"),
    [
        pytest.param([("A", True)], [("A", 0)], 0, id="at once"),
        pytest.param([("A", True)], [("A", 5), ("A", 2)], 120, id="the first of two"),
        pytest.param([("A", False), ("B", True)], [("A", 0), ("B", 9)], 540, id="one disabled"),
        pytest.param([("A", False)], [("A", 0)], None, id="all disabled"),
        pytest.param([("A", True)], [("A", 0, "low")], None, id="of low urgency alone"),
        pytest.param([("A", True)], [("A", 0, "low"), ("A", 3)], 180, id="of both"),
        pytest.param([("A", True)], [], None, id="no rule"),
        pytest.param([], [], None, id="no method"),
        pytest.param([("A", True)], [("B", 0)], None, id="a method that was removed"),
        pytest.param([("A", None)], [("A", 0)], UNKNOWN, id="a method of unknown state"),
        pytest.param([("A", None), ("B", True)], [("A", 5), ("B", 1)], 60, id="known is sooner"),
        pytest.param([("A", None), ("B", True)], [("A", 0), ("B", 1)], UNKNOWN, id="may be sooner"),
        pytest.param([("A", True)], [("A", None)], UNKNOWN, id="of unknown delay"),
        pytest.param([("A", True)], [("A", 0, None)], UNKNOWN, id="of unknown urgency"),
        pytest.param([("A", True)], None, UNKNOWN, id="rules not read"),
        pytest.param(None, [("A", 0)], UNKNOWN, id="methods not read"),
        pytest.param([], None, None, id="no method, rules not read"),
    ],
)
def test_the_first_notification_of_high_urgency_is_dated(only, pd, methods, rules, after):
    """By a rule of high urgency whose contact method is enabled and not blocked."""
    row = only(
        "responder_reachability",
        user=[
            pd.user(
                "ann",
                contact_methods=methods
                and [method("sms", enabled=enabled, id=key) for key, enabled in methods],
                notification_rules=rules and [_rule(pd, *rule) for rule in rules],
            )
        ],
        on_call=[pd.on_call("ann")],
    )
    assert row.get("notified_after_seconds", UNKNOWN) == after


def _rule(pd, key, after, urgency="high"):
    return pd.notification_rule(after, urgency=urgency, method=key)
