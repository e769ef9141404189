"""Business services, what supports them, and the account's standards for services."""

from __future__ import annotations

import httpx  # noqa: TID253 - answers of a scripted account
import pytest
from ccm_pagerduty.kinds import kinds

from ccm_core.collect.privacy_projection import Projector, Pseudonymizer
from ccm_core.sdk.errors import BadResponse, NotAvailable, PermissionDenied

BUSINESS = {"pagerduty.business_service": [{"id": "B1", "name": "Shop"}]}
DEPENDENCIES = "pagerduty.service_dependencies"
OF = "/service_dependencies/{}_services/{}"
NODE = {"id": "T1", "type": "technical_service_reference"}
SCORES = "/standards/scores/technical_services"


def stored(kind, body):
    """Return what is kept of a body."""
    (described,) = (entry for entry in kinds() if entry.name == kind)
    return Projector(described.schema(), Pseudonymizer(b"k" * 32)).project(body).body


def supports(supporting, dependent):
    """Return a relationship; an id that begins with a B is a business service."""

    def node(key):
        kind = "business" if key.startswith("B") else "technical"
        return {"id": key, "type": f"{kind}_service_reference"}

    return {
        "id": f"D{supporting}{dependent}",
        "type": "service_dependency",
        "supporting_service": node(supporting),
        "dependent_service": node(dependent),
    }


def answers(**by_service):
    """Answer the relationships of each service."""
    return {
        OF.format("business" if key.startswith("B") else "technical", key): httpx.Response(
            200, json={"relationships": relationships}
        )
        if isinstance(relationships, list)
        else relationships
        for key, relationships in by_service.items()
    }


def test_what_supports_a_business_service_is_read_step_by_step_and_once(account, validators_of):
    """Each service takes one request, and a circle of three ends."""
    circle = [
        supports("T1", "B1"),
        supports("T2", "T1"),
        supports("T3", "T2"),
        supports("T1", "T3"),
    ]
    sent = answers(B1=circle[:1], T1=circle, T2=circle[1:3], T3=circle[2:])
    events = account("service_dependencies", sent, current_records=BUSINESS)
    assert [body["service"]["id"] for body in events.items] == ["B1", "T1", "T2", "T3"]
    assert len(events.asked) == 4
    for body in events.items:
        assert validators_of(DEPENDENCIES).is_valid(stored(DEPENDENCIES, body))


def test_services_that_support_nothing_are_not_asked_for(account):
    """What a business service itself supports is one that is listed."""
    sent = answers(B1=[supports("B1", "B2")], B2=[])
    events = account(
        "service_dependencies",
        sent,
        current_records={"pagerduty.business_service": [{"id": "B1"}, {"id": "B2"}]},
    )
    assert len(events.asked) == 2


def test_a_service_that_was_deleted_meanwhile_supports_nothing(account):
    """A key that sees the whole account would find it."""
    sent = answers(B1=[supports("T1", "B1")], T1="gone")
    events = account("service_dependencies", sent, current_records=BUSINESS)
    assert (len(events.items), events.shortfalls) == (1, [])


@pytest.mark.parametrize("refusal", ["no right", httpx.Response(500)], ids=["403", "500"])
def test_dependencies_that_are_refused_for_one_service_leave_all_in_doubt(account, refusal):
    """Whatever supports it may be any service."""
    events = account(
        "service_dependencies",
        answers(B1=[supports("T1", "B1")], T1=refusal),
        current_records=BUSINESS,
    )
    assert [fall.subjects for fall in events.shortfalls] == [()]


@pytest.mark.parametrize(
    ("refusal", "error"),
    [("no right", PermissionDenied), ("gone", NotAvailable), ("no plan", NotAvailable)],
)
def test_dependencies_that_are_refused_for_every_service_are_not_available(account, refusal, error):
    """That is one fact, not one for each service."""
    with pytest.raises(error):
        account("service_dependencies", answers(B1=refusal), current_records=BUSINESS)


@pytest.mark.parametrize(
    "relationships",
    [
        None,
        {},
        [None],
        [{"supporting_service": NODE}],
        [{"supporting_service": NODE | {"id": 7}, "dependent_service": NODE}],
        [{"supporting_service": NODE | {"type": ["x"]}, "dependent_service": NODE}],
        [{"supporting_service": [], "dependent_service": NODE}],
    ],
    ids=[
        "null",
        "an object",
        "null in it",
        "one side",
        "a number",
        "a list for a type",
        "a list for a service",
    ],
)
def test_odd_relationships_are_an_error_of_the_source(account, relationships):
    """They are never taken for none."""
    odd = httpx.Response(200, json={"relationships": relationships})
    events = account("service_dependencies", answers(B1=odd), current_records=BUSINESS)
    assert not events.items
    assert "relationships" in events.shortfalls[0].detail


def test_scores_are_asked_for_a_hundred_services_at_once(account, validators_of):
    """Every service once."""
    services = [{"id": f"P{number}", "name": f"S{number}"} for number in range(101)]

    def answer(request):
        ids = request.url.params.get_list("ids[]")
        standard = {"id": "1", "name": "Has a description", "type": "x", "active": True}
        return httpx.Response(
            200,
            json={
                "resources": [
                    {
                        "resource_id": key,
                        "resource_type": "technical_service",
                        "score": {"passing": 1, "total": 1},
                        "standards": [standard | {"pass": True}],
                    }
                    for key in ids
                ]
            },
        )

    events = account(
        "service_standards", {SCORES: answer}, current_records={"pagerduty.service": services}
    )
    assert len(events.asked) == 2
    assert [body["service"]["id"] for body in events.items] == [entry["id"] for entry in services]
    kind = "pagerduty.service_standards"
    assert validators_of(kind).is_valid(stored(kind, events.items[0]))


@pytest.mark.parametrize(
    "resources",
    [None, {}, [None], [{"resource_id": "PX"}], [{}]],
    ids=["null", "an object", "null in it", "another service", "no service"],
)
def test_odd_scores_are_an_error_of_the_source(account, resources):
    """They are never taken for none, or for those of another service."""
    with pytest.raises(BadResponse, match="resources"):
        account(
            "service_standards",
            {SCORES: httpx.Response(200, json={"resources": resources})},
            current_records={"pagerduty.service": [{"id": "P1"}]},
        )
