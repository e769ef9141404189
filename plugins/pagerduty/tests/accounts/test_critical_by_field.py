"""Critical services that the settings name by a custom field."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.objects import CustomFieldValue
from pagerduty_simulator.demo_data.healthy_account import (
    BACK_OFFICE,
    CARD_LEDGER,
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


@pytest.mark.parametrize(
    ("condition", "number", "status"),
    [
        pytest.param("'Shop' in row.business_services", CARD_PAYMENTS, "pass", id="directly"),
        pytest.param("'Shop' in row.business_services", CARD_LEDGER, "pass", id="through it"),
        pytest.param("'Sohp' in row.business_services", None, "insufficient", id="misspelled"),
    ],
)
def test_a_service_is_critical_by_the_business_service_that_it_supports(
    evaluated, now, rules_with, condition, number, status
):
    """Also through another service; a name that no business service has is said."""
    account = build_healthy_account(now)
    evaluation = evaluated(account, healthy_parameters() | {"critical_services": condition})
    assert RULE in rules_with(evaluation, status)
    (rule,) = (rule for rule in evaluation.rules if rule.rule == RULE)
    judged = {result.subject.key for result in rule.results if result.status.value == "pass"}
    if number is None:
        assert "selects none of 4 rows" in str([result.reason for result in rule.results])
    else:
        assert object_id("service", number) in judged
        assert object_id("service", BACK_OFFICE) not in judged


@pytest.mark.parametrize(("status", "expected"), [(403, "insufficient"), (404, "insufficient")])
def test_business_services_that_are_refused_leave_the_definition_inconclusive(
    evaluated, now, rules_with, status, expected
):
    """Nothing passes because nothing counts as critical."""
    account = build_healthy_account(now)
    parameters = healthy_parameters() | {"critical_services": "'Shop' in row.business_services"}
    evaluation = evaluated(account, parameters, refused={"/business_services": status})
    assert RULE in rules_with(evaluation, expected)
