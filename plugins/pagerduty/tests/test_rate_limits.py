"""PagerDuty's rate limits: the requests per minute, and how long a response makes us wait."""

from __future__ import annotations

import pytest
from ccm_pagerduty.rate_limits import per_minute, retry_after

from ccm_core.sdk.http import HttpResponse


def test_rate_limit_is_reduced_by_the_share():
    """Of 960 requests a minute the share is used, and never none."""
    assert [per_minute(share) for share in (1, 0.9, 0.5, 0.0001)] == [960, 864, 480, 1]


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        pytest.param(429, {"ratelimit-reset": "7"}, 7.0, id="429"),
        pytest.param(429, {}, None, id="429 without headers"),
        pytest.param(429, {"ratelimit-reset": "0"}, None, id="0 says nothing"),
        pytest.param(429, {"ratelimit-reset": "soon"}, None, id="no number"),
        pytest.param(429, {"ratelimit-reset": "-3"}, None, id="negative"),
        pytest.param(429, {"ratelimit-reset": "1763900000"}, None, id="a timestamp"),
        pytest.param(429, {"ratelimit-reset": "9" * 5000}, None, id="absurd"),
        pytest.param(200, {"ratelimit-reset": "7", "ratelimit-remaining": "0"}, 7.0, id="spent"),
        pytest.param(
            200, {"ratelimit-reset": "7", "ratelimit-remaining": "1"}, None, id="one left"
        ),
        pytest.param(500, {"ratelimit-reset": "7", "ratelimit-remaining": "0"}, None, id="500"),
    ],
)
def test_rate_limit_headers_set_the_wait(pagerduty, status, headers, expected):
    """A sane reset is believed on a 429, and where nothing remains."""
    answer = HttpResponse(
        path="/x", status=status, headers=headers, body=b"", received_at=pagerduty.now
    )
    assert retry_after()(answer) == expected


@pytest.mark.parametrize(
    ("share", "remaining", "waits"),
    [
        pytest.param(0.9, 97, False, id="more than the others' share"),
        pytest.param(0.9, 96, True, id="the others' share"),
        pytest.param(0.9, 0, True, id="nothing"),
        pytest.param(0.5, 480, True, id="half"),
        pytest.param(1, 1, False, id="all of it is ours"),
        pytest.param(1, 0, True, id="all of it is spent"),
    ],
)
def test_rate_limit_share_of_other_clients_is_reserved(pagerduty, share, remaining, waits):
    """Once no more remains than is left to others, nothing is sent until the limit begins anew."""
    headers = {
        "ratelimit-limit": "960",
        "ratelimit-remaining": str(remaining),
        "ratelimit-reset": "7",
    }
    answer = HttpResponse(
        path="/x", status=200, headers=headers, body=b"", received_at=pagerduty.now
    )
    assert retry_after(share)(answer) == (7.0 if waits else None)
