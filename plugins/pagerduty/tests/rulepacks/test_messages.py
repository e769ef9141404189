"""What the rules over on-call coverage tell people, by the cases of their packs."""

from __future__ import annotations

import pytest
from ccm_pagerduty.kinds import kinds
from ccm_pagerduty.rulepacks import rule_packs
from ccm_pagerduty.views import views

from ccm_core.rules.pack.compile_packs import compile_packs
from ccm_core.rules.testing.runner import run_cases
from ccm_core.rules.types import PackText, RowSource

PACKS = ("pagerduty-schedules", "pagerduty-escalation", "pagerduty-services", "pagerduty-access")


@pytest.fixture(scope="module")
def reasons():
    """Run the cases of the packs, and return the reason of each by rule and case."""
    texts = [
        PackText(text=pack.text(), source=pack.location)
        for pack in rule_packs()
        if pack.name in PACKS
    ]
    sources = [
        *(RowSource(name=view.name, inputs=view.inputs, schema=view.schema) for view in views()),
        *(RowSource(name=kind.name, inputs=(kind.name,), schema=kind.schema) for kind in kinds()),
    ]
    outcomes = run_cases(compile_packs(texts, sources))
    return {(outcome.rule, outcome.test): outcome.reason for outcome in outcomes}


@pytest.mark.parametrize(
    ("rule", "case", "reason"),
    [
        pytest.param(
            "pagerduty_schedule_has_no_gap_ahead",
            "shifts of a deleted user",
            "Primary: coverage gap of 10d from 2026-01-10T00:00:00Z until 2026-01-20T00:00:00Z "
            "(Zoe: deleted user), expected none in the next 14d",
            id="a gap that began before now",
        ),
        pytest.param(
            "pagerduty_policy_first_level_covered",
            "gap of three minutes",
            "Payments: first-level coverage gap of 3m from 2026-01-24T00:00:00Z "
            "(Primary: gap between layers), expected none in the next 14d",
            id="causes in words",
        ),
        pytest.param(
            "pagerduty_policy_first_level_covered",
            "a deleted user is the only target",
            "Payments: first-level coverage gap of unlimited length from the beginning "
            "(Zoe: deleted user), expected none in the next 14d",
            id="a gap at all times",
        ),
        pytest.param(
            "pagerduty_critical_service_maintenance_is_bounded",
            "a day and a second",
            "Checkout: maintenance window from 2026-01-10T00:00:00Z (1d1s; Move, by Ann), limit 1d",
            id="a long maintenance window",
        ),
        pytest.param(
            "pagerduty_critical_service_maintenance_is_bounded",
            "without an end",
            "Checkout: maintenance window from 2026-01-10T00:00:00Z (without an end; Move, by "
            "unknown), limit 1d",
            id="a maintenance window without an end",
        ),
        pytest.param(
            "pagerduty_policy_every_level_reaches_a_person",
            "a level reaches no responder",
            "Payments: no page reaches a person on level 3 (Zoe: stakeholder), expected at least "
            "1 person per level",
            id="the level",
        ),
        pytest.param(
            "pagerduty_policy_every_level_reaches_a_person",
            "a level reaches no responder, another is unknown",
            "Payments: no page reaches a person on at least one level, expected at least 1 person "
            "per level",
            id="a level beside an unknown one",
        ),
        pytest.param(
            "pagerduty_policy_every_level_reaches_a_person",
            "no levels",
            "Payments: no page reaches a person on any level, expected at least 1 person per level",
            id="no levels",
        ),
        pytest.param(
            "pagerduty_owners_and_admins_bounded",
            "six of five",
            "acme has at least 6 owners and admins, limit 5: Ann, Bob",
            id="the administrators",
        ),
        pytest.param(
            "pagerduty_invitation_is_accepted",
            "one second over",
            "Ann (role unknown) has not accepted the invitation to PagerDuty, pending at least "
            "since 2025-12-01T11:59:59Z, limit 45d; no collected log entry of an incident shows "
            "that this person acted",
            id="the age of an invitation",
        ),
        pytest.param(
            "pagerduty_on_call_user_is_notified",
            "one minute late",
            "Ann: first notified of a high-urgency incident after 6m, limit 5m",
            id="a late notification",
        ),
        pytest.param(
            "pagerduty_on_call_user_is_notified",
            "never",
            "Ann: never notified of a high-urgency incident (no notification rule for it uses an "
            "enabled contact method), limit 5m",
            id="no notification",
        ),
        pytest.param(
            "pagerduty_policy_asks_another_person",
            "one user on both levels",
            "Payments: its 2 levels together reach 1 person (Zoe) for an unlimited time "
            "from the beginning, expected at least 2 people",
            id="one person at all times",
        ),
        pytest.param(
            "pagerduty_schedule_is_shared",
            "one person",
            "Primary: 1 person (Ann) holds every shift, expected at least 2",
            id="the person",
        ),
    ],
)
def test_a_message_names_what_the_row_holds(reasons, rule, case, reason):
    """A gap's own beginning and length, the level and the person: nothing changes by the hour."""
    assert reasons[(rule, case)] == reason


@pytest.mark.parametrize(
    ("rule", "case", "part"),
    [
        pytest.param(
            "pagerduty_schedule_has_no_gap_ahead",
            "role of a user on call unknown",
            "the role of Zoe is unknown",
            id="an unknown interval",
        ),
        pytest.param(
            "pagerduty_policy_reaches_somebody_at_all_times",
            "schedule not rendered",
            "D1: PagerDuty did not render this schedule",
            id="an unknown schedule",
        ),
        pytest.param(
            "pagerduty_schedule_has_no_gap_ahead",
            "rendering ended",
            "period",
            id="an empty period",
        ),
    ],
)
def test_a_reason_names_what_is_unknown(reasons, rule, case, part):
    """What a view does not know, it says in words, and the result repeats them."""
    assert part in reasons[(rule, case)]
