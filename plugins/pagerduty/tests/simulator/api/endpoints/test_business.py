"""Business services, dependencies, standards, extensions, webhooks and notes."""

from __future__ import annotations

import json

import pytest
from pagerduty_simulator.account.identifiers import incident_id


@pytest.fixture(scope="module")
def described(reference_data):
    """Return the fields that the vendor describes of what a path lists, and of parts of it."""
    document = json.loads((reference_data / "openapi-subset-depth.json").read_text())

    def fields(path, wrapper, *parts):
        content = document["paths"][path]["get"]["responses"]["200"]["content"]
        node = content["application/json"]["schema"]
        for name in (wrapper, "[]", *parts):
            node = _items(document, node) if name == "[]" else _properties(document, node)[name]
        return set(_properties(document, node))

    return fields


def _resolved(document, node):
    while "$ref" in node:
        target = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            name = step.replace("~1", "/")
            target = target[int(name)] if isinstance(target, list) else target[name]
        node = target
    return node


def _items(document, node):
    node = _resolved(document, node)
    return _resolved(document, node["items"])


def _properties(document, node):
    node = _resolved(document, node)
    properties = {}
    for part in (*node.get("allOf", ()), *node.get("oneOf", ())):
        properties |= _properties(document, part)
    return properties | node.get("properties", {})


LISTED = [
    ("/business_services", "business_services", ()),
    ("/extensions", "extensions", ()),
    ("/session_configurations", "session_configurations", ()),
    ("/incident_workflows", "incident_workflows", ()),
    ("/incident_workflows/triggers", "triggers", ()),
    ("/incident_workflows/triggers", "triggers", ("workflow",)),
    ("/incident_workflows/triggers", "triggers", ("services", "[]")),
    ("/webhook_subscriptions", "webhook_subscriptions", ()),
    ("/webhook_subscriptions", "webhook_subscriptions", ("delivery_method",)),
    ("/standards", "standards", ()),
    ("/standards/scores/{resource_type}", "resources", ()),
    ("/standards/scores/{resource_type}", "resources", ("standards", "[]")),
    ("/service_dependencies/business_services/{id}", "relationships", ()),
    ("/service_dependencies/business_services/{id}", "relationships", ("supporting_service",)),
    ("/service_dependencies/technical_services/{id}", "relationships", ()),
    ("/incidents/{id}/notes", "notes", ()),
]


@pytest.mark.parametrize(
    ("path", "wrapper", "parts"),
    LISTED,
    ids=[" ".join((path, *parts)) for path, _, parts in LISTED],
)
def test_what_is_sent_has_described_fields_alone(
    get_whole, whole_account, described, path, wrapper, parts
):
    """In the objects and in parts of them."""
    service = next(iter(whole_account.services))
    noted = next(
        incident
        for incident in whole_account.incidents
        if any(event.type == "annotate" for event in incident.state.events)
    )
    owner = {
        "business": next(iter(whole_account.business_services)),
        "technical": service,
        "incidents": incident_id(noted.number),
    }
    key = next((key for word, key in owner.items() if word in path), None)
    filled = path.format(id=key, resource_type="technical_services")
    sent = get_whole(filled, {"ids[]": service} if "scores" in path else {}).json()[wrapper]
    assert sent
    for name in parts:
        sent = (
            [item for part in sent for item in part]
            if name == "[]"
            else [part[name] for part in sent]
        )
    assert {field for part in sent for field in part} <= described(path, wrapper, *parts)


@pytest.mark.parametrize("count", [0, 101])
def test_scores_are_asked_for_one_to_a_hundred_services(get, count):
    """More are refused."""
    response = get("/standards/scores/technical_services", [("ids[]", "P")] * count)
    assert response.status_code == 400


def test_dependencies_are_told_in_both_directions(get, account):
    """What supports a service, and what it supports itself."""
    business = next(iter(account.business_services))
    first = next(
        entry.supporting for entry in account.service_dependencies if entry.dependent == business
    )
    of_business = get(f"/service_dependencies/business_services/{business}").json()
    of_first = get(f"/service_dependencies/technical_services/{first}").json()
    assert of_business["relationships"][0] in of_first["relationships"]
    assert len(of_first["relationships"]) > 1
