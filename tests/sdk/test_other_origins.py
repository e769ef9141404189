"""A credential goes to its own origin: whatever a plugin, a link or an id asks for."""

from __future__ import annotations

import httpx
import pytest

from ccm_core.errors import BadRequest
from ccm_core.sdk.url_path import url_path

ELSEWHERE = {
    "another host": "https://elsewhere.example/things",
    "another scheme": "http://source.example/things",
    "another port": "https://source.example:8443/things",
    "a user before the host": "https://source.example@elsewhere.example/things",
    "a user of the host": "https://user@source.example/things",
    "no scheme": "//elsewhere.example/things",
    "a subdomain": "https://api.source.example/things",
    "a longer host": "https://source.example.evil/things",
    "a backslash": "https://source.example\\@elsewhere.example/things",
    "a path that begins with a host": "elsewhere.example/things",
    "another protocol": "file:///etc/passwd",
    "a port that is none": "https://source.example:nan/things",
    "the path above": "/things/../admin",
    "the path above, escaped": "/things/%2e%2e/admin",
    "a line break": "/things\nHost: elsewhere.example",
    "a fragment": "/things#more",
}


@pytest.mark.attack(
    "Answers of the source",
    "A plugin, or a link to a next page, leads to an absolute URL of another origin",
    "Refused before anything is sent: the credential stays at its own origin",
)
@pytest.mark.parametrize("target", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_request_to_another_origin_is_refused_before_anything_is_sent(reading, target):
    """Nothing reaches the network, and the message says why."""
    outcome = reading([httpx.Response(200, json={})], target)
    assert isinstance(outcome.error, BadRequest)
    assert "nothing was sent" in str(outcome.error)
    assert (outcome.sent, outcome.traffic.requests) == ([], 0)
    assert str(outcome.error).isprintable()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("https://source.example/things?page=2", "https://source.example/things?page=2&a=1"),
        ("HTTPS://Source.Example:443/things", "https://source.example:443/things?a=1"),
        ("/things?page=2", "https://source.example/things?page=2&a=1"),
        ("/things", "https://source.example/things?a=1"),
        ("/things/a%2Fb", "https://source.example/things/a%2Fb?a=1"),
    ],
)
def test_a_link_of_the_same_origin_is_followed_with_its_query_and_the_parameters(
    reading, target, expected
):
    """The query of the link is not lost beside the parameters."""
    outcome = reading([httpx.Response(200, json={})], target, parameters=[("a", "1")])
    assert [str(request.url) for request in outcome.sent] == [expected]


@pytest.mark.attack(
    "Answers of the source",
    "The source lists an object whose id is a path, such as ../users/me",
    "The id is escaped in paths, or the request is refused: it never names another endpoint",
)
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        pytest.param("PABC123", "/teams/PABC123/members", id="ordinary"),
        pytest.param("../users/me", "/teams/..%2Fusers%2Fme/members", id="the path above"),
        pytest.param("a?b=c", "/teams/a%3Fb%3Dc/members", id="a query"),
        pytest.param("a#b", "/teams/a%23b/members", id="a fragment"),
        pytest.param("{0}{x}", "/teams/%7B0%7D%7Bx%7D/members", id="braces"),
        pytest.param("ü\r\n", "/teams/%C3%BC%0D%0A/members", id="a line break"),
        pytest.param("%2e%2e", "/teams/%252e%252e/members", id="escaped already"),
    ],
)
def test_an_id_in_a_path_is_escaped(key, expected):
    """Whatever the id is, it is one segment."""
    assert url_path("/teams/{}/members", key) == expected


@pytest.mark.parametrize("key", ["", ".", ".."])
def test_an_id_that_cannot_be_escaped_is_refused(key):
    """It would name the path above, however it is written."""
    with pytest.raises(BadRequest, match="nothing was sent"):
        url_path("/teams/{}/members", key)
