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
