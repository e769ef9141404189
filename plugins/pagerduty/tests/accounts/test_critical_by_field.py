"""Critical services that the settings name by a custom field."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.objects import CustomFieldValue
from pagerduty_simulator.demo_data.healthy_account import (
    BACK_OFFICE,
    CARD_PAYMENTS,
    build_healthy_account,
    healthy_parameters,
)

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

BY_TIER = {"critical_services": "'1' in row.custom_fields.tier"}
RULE = "pagerduty_critical_service_pages_at_all_hours"


def tiers(account, field_type, **of):
    """Give every service a tier, but for those whose tier is None."""
    for key, service in account.services.items():
        if of.get(key, "3") is None:
            continue
        tier = CustomFieldValue(
            id=object_id("custom_field", 0),
            name="tier",
            display_name="Tier",
            value=of.get(key, "3"),
            field_type=field_type,
        )
        account.services[key] = replace(service, custom_fields=(tier,))


@pytest.mark.parametrize(
    ("field_type", "number", "status"),
    [
        pytest.param("single_value_fixed", CARD_PAYMENTS, "pass", id="one that pages always"),
        pytest.param("single_value_fixed", BACK_OFFICE, "fail", id="one that pages by day"),
        pytest.param("single_value", BACK_OFFICE, "insufficient", id="typed by somebody"),
    ],
)
def test_a_service_is_critical_by_the_value_of_its_custom_field(
    evaluated, now, rules_with, field_type, number, status
):
    """What anybody can type is private, and never decides that a service is not critical."""
    account = build_healthy_account(now)
    tiers(account, field_type, **{object_id("service", number): "1"})
    evaluation = evaluated(account, healthy_parameters() | BY_TIER)
    assert RULE in rules_with(evaluation, status)


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        pytest.param("'1' in row.custom_fields.tier", "insufficient", id="asked as if it had one"),
        pytest.param(
            "'tier' in row.custom_fields && '1' in row.custom_fields.tier", "pass", id="asked first"
        ),
    ],
)
def test_a_service_without_the_field_is_not_critical_only_where_the_condition_asks(
    evaluated, now, rules_with, condition, status
):
    """A field that is not there is not one with another value."""
    account = build_healthy_account(now)
    without = object_id("service", BACK_OFFICE)
    tiers(
        account,
        "single_value_fixed",
        **{object_id("service", CARD_PAYMENTS): "1", without: None},
    )
    parameters = healthy_parameters() | {"critical_services": condition}
    assert RULE in rules_with(evaluated(account, parameters), status)
