"""Custom fields of services: one record for each service, with what people typed as pseudonyms."""

from __future__ import annotations

import httpx  # noqa: TID253 - answers of a scripted account
import pytest
from ccm_pagerduty.kinds import kinds

from ccm_core.collect.privacy_projection import Projector, Pseudonymizer
from ccm_core.sdk.errors import NotAvailable, PermissionDenied

KIND = "pagerduty.service_custom_fields"
SERVICES = {"pagerduty.service": [{"id": "PA", "name": "Web"}, {"id": "PB", "name": "Shop"}]}
ONE = {"pagerduty.service": SERVICES["pagerduty.service"][:1]}
PATH, OTHER = "/services/PA/custom_fields/values", "/services/PB/custom_fields/values"


def answer(*fields):
    """Answer the custom fields of a service."""
    return httpx.Response(200, json={"custom_fields": list(fields)})


def stored(body):
    """Return what is kept of a body."""
    (kind,) = (kind for kind in kinds() if kind.name == KIND)
    return Projector(kind.schema(), Pseudonymizer(b"k" * 32)).project(body).body


@pytest.mark.parametrize(
    ("field_type", "data_type", "value", "values"),
    [
        ("single_value_fixed", "string", "gold", ["gold"]),
        ("multi_value_fixed", "string", ["production", "staging"], ["production", "staging"]),
        ("single_value_fixed", "string", None, []),
        ("single_value", "boolean", True, ["true"]),
        ("single_value", "integer", 1, ["1"]),
        ("single_value", "float", 0.5, ["0.5"]),
        ("single_value", "integer", {"value": 2}, ["2"]),
        ("single_value", "string", "Jana, +49 151 5550", None),
        ("multi_value", "string", ["Jana", "Ann"], None),
        ("single_value", "url", "https://wiki.example/jana", None),
        ("single_value", "datetime", "2026-11-20T00:00:00Z", None),
        ("something_new", "string", "Jana", None),
        (None, None, "Jana", None),
    ],
)
def test_only_what_nobody_typed_is_stored_as_it_is(
    account, validators_of, field_type, data_type, value, values
):
    """A list is a list, and one value is a list of one."""
    field = {"name": "x", "field_type": field_type, "data_type": data_type, "value": value}
    events = account("service_custom_fields", {PATH: answer(field)}, current_records=ONE)
    body = stored(events.items[0])
    assert validators_of(KIND).is_valid(body)
    (kept,) = body["fields"]
    assert kept.get("values") == values
    if values is None:
        assert all(part.startswith("pseudonym:") for part in kept["private_values"])
        assert "ana" not in str(body["fields"])


def test_the_order_of_custom_fields_changes_nothing(account):
    """The same fields in another order are the same record."""
    fields = [{"name": name, "field_type": "single_value_fixed", "value": "1"} for name in "ba"]
    bodies = [
        account("service_custom_fields", {PATH: answer(*listed)}, current_records=ONE).items
        for listed in (fields, fields[::-1])
    ]
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("fields", [None, {}, [None], "none"], ids=repr)
def test_custom_fields_that_make_no_sense_are_no_record(account, fields):
    """They are never taken for none."""
    answers = {PATH: httpx.Response(200, json={"custom_fields": fields})}
    events = account("service_custom_fields", answers, current_records=ONE)
    assert events.items == []
    assert [fall.subjects for fall in events.shortfalls] == [("pagerduty.service:PA",)]


@pytest.mark.parametrize(
    ("refusal", "error"),
    [("no right", PermissionDenied), ("no plan", NotAvailable), ("gone", NotAvailable)],
)
def test_custom_fields_that_are_refused_for_every_service_are_not_available(
    account, refusal, error
):
    """Where one can be read, the others are named."""
    with pytest.raises(error):
        account("service_custom_fields", {PATH: refusal, OTHER: refusal}, current_records=SERVICES)


def test_one_service_whose_custom_fields_are_refused_is_named(account):
    """The others are read."""
    answers = {PATH: answer(), OTHER: "no right"}
    events = account("service_custom_fields", answers, current_records=SERVICES)
    assert [body["service"]["id"] for body in events.items] == ["PA"]
    assert [fall.subjects for fall in events.shortfalls] == [("pagerduty.service:PB",)]
