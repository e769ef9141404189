"""PagerDuty on the wire: what is sent, how refusals are read, where listings end."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

import httpx  # noqa: TID253 - the network of these tests is one of its transports
import pytest
from ccm_pagerduty.api_errors import AbilityMissing, ScopeMissing, parse_error_details
from ccm_pagerduty.client import ACCEPT, base_url_of
from ccm_pagerduty.paging import CAP
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.sdk.errors import (
    AuthenticationFailed,
    BadRequest,
    BadResponse,
    NotAvailable,
    PermissionDenied,
    RateLimited,
    SourceError,
)
from ccm_core.sdk.types import Overflow, Page, Reason, Request, Shortfall

LIMITED = {"error": {"message": "Rate Limit Exceeded", "code": 2020}}
CAPPED = {
    "error": {
        "message": "Arguments Caused Error",
        "code": 2002,
        "errors": ["Offset+limit exceeds maximum allowed value of 10000."],
    }
}
SCOPES = {
    "error": {
        "message": "Token missing required scopes",
        "required_scopes": "incidents.read",
        "token_scopes": "openid",
    }
}


def account(count, *, overrides=None, queries=None):
    """Answer listings of so many things, page by page; ``said`` replaces what is said of them."""

    def handler(request):
        query = dict(parse_qsl(request.url.query.decode()))
        if queries is not None:
            queries.append(query)
        offset, limit = int(query["offset"]), int(query["limit"])
        items = [{"id": f"P{n}"} for n in range(offset, min(count, offset + limit))]
        body = {
            "things": items,
            "limit": limit,
            "offset": offset,
            "more": offset + limit < count,
            "total": count if query.get("total") == "true" else None,
        }
        return httpx.Response(200, json={**body, **(overrides or {})})

    return handler


@pytest.fixture
def listing(pagerduty):
    """List ``/things`` over a stand-in for the network."""

    def run(handler, *parameters, may_split=False, **settings):
        async def use(session):
            events = session.listing("/things", "things", parameters, may_split=may_split)
            return [event async for event in events]

        return pagerduty.talk(pagerduty.me(handler), use, **settings)

    return run


@pytest.fixture
def refused(pagerduty):
    """Read one path that is refused; give the error."""

    def run(response, **settings):
        async def use(session):
            await session.get("/things", "things")

        with pytest.raises(SourceError) as caught:
            pagerduty.talk(pagerduty.me(lambda _request: response), use, **settings)
        return caught.value

    return run


# -- what is sent -----------------------------------------------------------------------------


def test_every_request_names_its_version_and_its_key_in_the_one_form_that_is_accepted(listing):
    """The headers are those that the API documents, letter for letter."""
    headers = []

    def handler(request):
        headers.append(request.headers)
        return account(1)(request)

    listing(handler)

    assert headers[0]["accept"] == ACCEPT == "application/vnd.pagerduty+json;version=2"
    assert headers[0]["authorization"] == "Token token=u+S3cretKeyOfTheAccount"
    assert headers[0]["user-agent"] == "ccm-test/1"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, "https://api.pagerduty.com", id="default"),
        pytest.param({"region": "us"}, "https://api.pagerduty.com", id="us"),
        pytest.param({"region": "eu"}, "https://api.eu.pagerduty.com", id="eu"),
        pytest.param(
            {"region": "eu", "base_url": "http://127.0.0.1:1"}, "http://127.0.0.1:1", id="given"
        ),
    ],
)
def test_a_region_has_its_host(settings, expected):
    """The EU is asked at its own host, and a given address wins."""
    assert base_url_of(settings) == expected


# -- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "expected", "words"),
    [
        pytest.param(
            httpx.Response(400, json=CAPPED), BadRequest, ["code 2002", "Offset+limit"], id="usual"
        ),
        pytest.param(
            httpx.Response(400, json={"error": {"message": "Bad", "errors": "a string"}}),
            BadRequest,
            ["Bad: a string"],
            id="errors a string",
        ),
        pytest.param(
            httpx.Response(400, json={"error": {"message": "Bad", "errors": {"a.b": ["c", "d"]}}}),
            BadRequest,
            ["a.b: c; a.b: d"],
            id="errors a map",
        ),
        pytest.param(
            httpx.Response(400, json={"error": ["one", "two"]}),
            BadRequest,
            ["one; two"],
            id="error an array",
        ),
        pytest.param(
            httpx.Response(400, json={"message": "Top", "errors": ["level"]}),
            BadRequest,
            ["Top: level"],
            id="no error around it",
        ),
        pytest.param(httpx.Response(400, json={"error": "words"}), BadRequest, ["words"], id="str"),
        pytest.param(httpx.Response(400, json=[1]), BadRequest, ["no error message"], id="array"),
        pytest.param(httpx.Response(400, json={"error": None}), BadRequest, [], id="null"),
        pytest.param(
            httpx.Response(401, html="<html>Access denied</html>"),
            AuthenticationFailed,
            ["text/html", "another region", "set region: eu"],
            id="401 in HTML",
        ),
        pytest.param(
            httpx.Response(401), AuthenticationFailed, ["wrong or revoked"], id="401 empty"
        ),
        pytest.param(
            httpx.Response(
                402, json={"error": {"message": "Missing ability: teams", "code": 2014}}
            ),
            AbilityMissing,
            ["teams", "2014", "plan"],
            id="402",
        ),
        pytest.param(
            httpx.Response(403, json=SCOPES), ScopeMissing, ["needs: incidents.read"], id="scope"
        ),
        pytest.param(
            httpx.Response(403, text="no"), PermissionDenied, ["administrator"], id="403 in text"
        ),
        pytest.param(
            httpx.Response(404, json={"error": {"message": "Not Found", "code": 2100}}),
            NotAvailable,
            ["deleted, is hidden"],
            id="404",
        ),
        pytest.param(httpx.Response(408), BadResponse, ["408"], id="408"),
        pytest.param(httpx.Response(418), BadRequest, ["418"], id="an unknown 4xx"),
        pytest.param(httpx.Response(429, json=LIMITED), RateLimited, ["429"], id="429"),
        pytest.param(
            httpx.Response(429, html="<html>nginx</html>"),
            RateLimited,
            ["text/html"],
            id="HTML 429",
        ),
        pytest.param(
            httpx.Response(500, json={"error": {"message": "Internal", "code": 2000}}),
            BadResponse,
            ["2000"],
            id="500",
        ),
        pytest.param(httpx.Response(502, html="<html>Bad</html>"), BadResponse, ["502"], id="502"),
    ],
)
def test_a_refusal_of_any_shape_becomes_an_error_that_says_what_to_do(
    refused, response, expected, words
):
    """The status decides the class; the words of the body are quoted where there are any."""
    error = refused(response)

    assert type(error) is expected or (expected is BadRequest and isinstance(error, BadRequest))
    for word in (*words, "GET /things answered"):
        assert word in str(error)
    assert "<html>" not in str(error)


def test_a_refused_key_of_the_eu_is_told_of_the_other_region(refused):
    """The advice names the region that was not asked."""
    message = str(refused(httpx.Response(401), region="eu"))
    assert "https://api.eu.pagerduty.com (region eu)" in message
    assert "set region: us" in message


def test_error_details_are_short_printable_and_free_of_the_key(refused, pagerduty):
    """A body that echoes the key, rings bells and goes on for ever is quoted with care."""
    echo = f"Token \x1b[31m{pagerduty.key}\x07 " + "x" * 5000
    message = str(refused(httpx.Response(403, json={"error": {"message": echo, "errors": [echo]}})))

    assert pagerduty.key not in message
    assert message.isprintable()
    assert len(message) < 900


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
errors = st.dictionaries(
    st.sampled_from(["message", "code", "errors", "required_scopes", "error"]), json_values
)


@given(
    st.binary()
    | json_values.map(json.dumps).map(str.encode)
    | errors.map(lambda error: json.dumps({"error": error}).encode())
)
def test_parsing_error_details_never_fails(body):
    """Whatever the bytes are, something short comes of them."""
    assert len(str(parse_error_details(body))) < 1500


# -- listings ---------------------------------------------------------------------------------


def test_a_listing_is_read_to_its_end_and_counted_at_both_ends(listing):
    """Each page begins with the last item that came; the first and the last ask for the total."""
    queries = []
    events = listing(account(7, queries=queries), ("time_zone", "UTC"), page_size=3)

    assert [[item["id"] for item in page.items] for page in events] == [
        ["P0", "P1", "P2"],
        ["P3", "P4"],
        ["P5", "P6"],
    ]
    assert [page.shifted for page in events] == [None, False, False]
    assert [(page.number, page.total, page.last) for page in events] == [
        (1, 7, False),
        (2, None, False),
        (3, 7, True),
    ]
    assert [query["offset"] for query in queries] == ["0", "2", "4"]
    assert {page.request for page in events} == {
        Request(endpoint="/things", parameters=(("time_zone", "UTC"),))
    }


def test_a_listing_beyond_the_cap_says_how_many_are_missing(listing):
    """The last request is the last that the API accepts, and the rest is told."""
    queries = []
    events = listing(account(CAP + 23, queries=queries))

    assert sum(len(event.items) for event in events if isinstance(event, Page)) == CAP
    assert len(queries) == 101
    assert (queries[-1]["offset"], queries[-1]["limit"]) == ("9900", "100")
    assert isinstance(events[-1], Shortfall)
    assert (events[-1].reason, events[-1].missing) == (Reason.TRUNCATED, 23)


def test_a_listing_of_exactly_the_cap_lacks_nothing(listing):
    """Ten thousand can be listed, all of them."""
    events = listing(account(CAP))
    assert all(isinstance(event, Page) for event in events)
    assert sum(len(event.items) for event in events) == CAP
    assert len(events) == CAP // 100


def test_a_listing_that_may_be_split_says_so_before_anything_is_read(listing):
    """One request is enough to know that there is too much."""
    queries = []
    assert listing(account(CAP + 1, queries=queries), may_split=True) == [
        Overflow(total=CAP + 1, limit=CAP)
    ]
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        pytest.param({"things": [], "more": True}, "empty and says that there is more", id="empty"),
        pytest.param({"offset": 3}, "answered with offset 3", id="another offset"),
        pytest.param({"things": None}, "not a list", id="null"),
        pytest.param({"things": [None]}, "not a list of objects", id="a null item"),
        pytest.param({"things": {}}, "not a list", id="a map"),
    ],
)
def test_a_listing_that_cannot_be_true_is_not_believed(listing, overrides, words):
    """What goes in circles or has no items where items belong ends in an error."""
    with pytest.raises(BadResponse, match=words):
        listing(account(5, overrides=overrides))


def test_a_page_that_does_not_say_whether_there_is_more_is_never_the_last(listing):
    """The listing ends on a page that is not full, and no page claims to be the end."""
    events = listing(account(4, overrides={"more": None, "total": None}), page_size=2)
    assert [(len(page.items), page.last) for page in events] == [
        (2, False),
        (1, False),
        (1, False),
        (0, False),
    ]


def test_a_redirect_is_not_followed(refused):
    """The key goes nowhere else."""
    error = refused(httpx.Response(302, headers={"location": "https://evil.example/"}))
    assert isinstance(error, BadResponse)
    assert "evil.example" in str(error)
