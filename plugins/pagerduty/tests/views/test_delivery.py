"""The views ``pagerduty.extension_delivery`` and ``pagerduty.webhook_delivery``."""

from __future__ import annotations

import pytest

PAGE = "https://acme.pagerduty.com"


def service(pd, key, *teams):
    """Make a service with a page."""
    return pd.service(key, teams=list(teams)) | {"html_url": f"{PAGE}/service-directory/{key}"}


@pytest.mark.parametrize(
    ("of", "own_page", "deleted", "owners", "url"),
    [
        pytest.param(["S1"], None, [], ["T1"], f"{PAGE}/service-directory/S1", id="a service"),
        pytest.param(["S1"], f"{PAGE}/x", [], ["T1"], f"{PAGE}/x", id="a page of its own"),
        pytest.param(
            ["S2", "S1"], None, [], ["T1", "T2"], f"{PAGE}/service-directory/S1", id="two"
        ),
        pytest.param(["S1"], None, ["S1"], [], None, id="a deleted service"),
        pytest.param([], None, [], [], None, id="no service"),
    ],
)
def test_an_extension_belongs_to_the_teams_of_its_services(
    view, pd, of, own_page, deleted, owners, url
):
    """It has no team of its own, and mostly no page."""
    services = [service(pd, "S1", "T1"), service(pd, "S2", "T2")]
    extension = {
        "id": "E1",
        "name": "Chat",
        "stopped": True,
        "html_url": own_page,
        "extension_objects": [{"id": key, "type": "service_reference"} for key in of],
    }
    (row,) = view(
        "extension_delivery",
        extension=[extension],
        service=[one for one in services if one["id"] not in deleted],
        vanished={"service": [one for one in services if one["id"] in deleted]},
    )
    titles = [f"the team {team}" for team in owners]
    assert (row.subject.kind, row.subject.key) == ("pagerduty.extension", "E1")
    assert list(row.subject.owners) == titles
    assert (row.subject.url, row.body["stopped"], len(row.body["services"])) == (url, True, len(of))


@pytest.mark.parametrize(
    ("chosen", "scope", "owners", "url"),
    [
        pytest.param(
            {"id": "S1", "type": "service_reference"},
            "service",
            ["the team T1"],
            f"{PAGE}/service-directory/S1",
            id="of a service",
        ),
        pytest.param(
            {"id": "T1", "type": "team_reference"},
            "team",
            ["Payments"],
            f"{PAGE}/teams/T1",
            id="of a team",
        ),
        pytest.param(
            {"id": None, "type": "account_reference"},
            "account",
            [],
            f"{PAGE}/",
            id="of the account",
        ),
        pytest.param(
            {"id": "T9", "type": "team_reference"}, "team", [], None, id="of nobody known"
        ),
    ],
)
def test_a_webhook_belongs_to_whom_it_is_for(view, pd, chosen, scope, owners, url):
    """Its page is that of the service or team, or of the account."""
    webhook = {
        "id": "W1",
        "description": "Tickets",
        "active": True,
        "stopped": True,
        "delivery_method": {},
        "filter": chosen,
    }
    (row,) = view(
        "webhook_delivery",
        webhook_subscription=[webhook],
        service=[service(pd, "S1", "T1")],
        team=[pd.team("T1") | {"name": "Payments", "html_url": f"{PAGE}/teams/T1"}],
    )
    assert list(row.subject.owners) == owners
    assert (row.subject.url, row.body["scope"], row.body["stopped"]) == (url, scope, True)
