"""Odd answers are asked for once more, then believed; bodies of any kind stay in their bounds."""

from __future__ import annotations

import asyncio
import zlib

import httpx
import pytest

from ccm_core.errors import BadResponse, NotAvailable, RateLimited, TimedOut
from ccm_core.sdk.http import Bounds

FINE = httpx.Response(200, json={"things": []})
GATEWAY = httpx.Response(404, html="<html>404 Not Found</html>")
GONE = httpx.Response(404, json={"error": "gone"})
UNAUTHORIZED = httpx.Response(401, json={})


def test_one_401_after_the_key_was_accepted_is_asked_once_more(reading):
    """A gateway that has a bad moment does not end a run."""
    outcome = reading([FINE, UNAUTHORIZED, FINE], "/a", "/b")
    assert (outcome.error, len(outcome.sent), outcome.traffic.retries) == (None, 3, 1)


@pytest.mark.parametrize(
    ("answers", "sent"),
    [
        pytest.param([FINE, UNAUTHORIZED, UNAUTHORIZED], 3, id="twice"),
        pytest.param([UNAUTHORIZED], 1, id="before it was ever accepted"),
    ],
)
def test_a_401_that_stays_is_believed(reading, answers, sent):
    """A revoked key is asked with twice, a wrong one once."""
    outcome = reading(answers, "/a", "/b")
    assert outcome.error is not None
    assert len(outcome.sent) == sent


@pytest.mark.attack(
    "Answers of the source",
    "A gateway answers 404 with a web page in place of the source",
    "Asked once more, then an unusable answer: never taken for an object that is not there",
)
@pytest.mark.parametrize("status", [402, 404, 410])
def test_a_web_page_never_means_that_an_object_is_not_there(reading, status):
    """Whoever wrote the connector takes 404 for gone; the host does not believe a web page."""
    page = httpx.Response(status, html="<html></html>")
    outcome = reading([page, page])
    assert type(outcome.error) is BadResponse
    assert "web page" in str(outcome.error)
    assert len(outcome.sent) == 2


def test_a_web_page_once_costs_one_more_request(reading):
    """The second answer counts, whatever it is."""
    assert reading([GATEWAY, FINE]).error is None
    assert type(reading([GATEWAY, GONE]).error) is NotAvailable


def test_a_refusal_in_json_is_believed_at_once(reading):
    """The source's own words need no repetition."""
    outcome = reading([GONE])
    assert (type(outcome.error), len(outcome.sent)) == (NotAvailable, 1)


@pytest.mark.attack(
    "Answers of the source",
    "An object of an answer names one key twice, with two values",
    "Refused with the name of the key: neither value becomes evidence",
)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"things": [], "things": [{"id": 1}]}', id="on top"),
        pytest.param('{"things": [{"role": "owner", "things": 1, "things": 1}]}', id="nested"),
        pytest.param('{"things": 1, "\\u0074hings": 2}', id="escaped"),
        pytest.param('{"a": "\\u003a", "things": 1, "things": 2}', id="an escaped colon"),
    ],
)
def test_a_repeated_key_is_refused(reading, body):
    """It is asked for once more; the message names the key and what to do."""
    outcome = reading([httpx.Response(200, text=body)] * 3)
    assert isinstance(outcome.error, BadResponse)
    assert "the key 'things' stands twice in one object" in str(outcome.error)
    assert len(outcome.sent) == 2


def test_json_in_a_web_page_is_no_answer(reading):
    """The content type says that something else answered."""
    odd = httpx.Response(200, content=b"[]", headers={"content-type": "text/html"})
    assert "web page" in str(reading([odd] * 3).error)
    assert reading([odd, FINE]).error is None


def test_a_403_that_the_connector_takes_for_a_rate_limit_is_waited_for(reading):
    """It is repeated like 429, and named as a limit where it does not end."""
    limited = httpx.Response(403, json={"message": "too many"})
    options = {"rate_limited": lambda response: b"too many" in response.body}
    assert reading([limited, limited, FINE], **options).error is None
    assert type(reading([limited] * 3, **options).error) is RateLimited
    assert type(reading([limited] * 3).error) is NotAvailable


def bomb(size: int, layers: int) -> bytes:
    """Compress zeros several times over."""
    body = bytes(size)
    for _ in range(layers):
        pack = zlib.compressobj(9, wbits=31)
        body = pack.compress(body) + pack.flush()
    return body


@pytest.mark.attack(
    "Answers of the source",
    "An answer is compressed in layers, or in a form that was not asked for",
    "Refused before it is decompressed",
)
@pytest.mark.parametrize("coding", ["gzip, gzip", "zstd", "br", "gzip,zstd", "\x01"])
def test_a_compression_that_was_not_asked_for_is_refused(reading, coding):
    """A kilobyte of it may hold gigabytes; what is asked for is said in every request."""
    body = bomb(1_000_000, 2)
    outcome = reading([httpx.Response(200, headers={"content-encoding": coding}, stream=Raw(body))])
    assert "expected gzip, deflate" in str(outcome.error)
    assert outcome.sent[0].headers["accept-encoding"] == "gzip, deflate"
    assert len(outcome.sent) == 1


class Raw(httpx.AsyncByteStream):
    """A body that is sent as it stands."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self):
        """Send it in one piece."""
        yield self._body


class Trickle(httpx.AsyncByteStream):
    """A body that never ends, a byte at a time."""

    async def __aiter__(self):
        """Send one byte after the other."""
        while True:
            await asyncio.sleep(0)
            yield b" "


@pytest.mark.attack(
    "Answers of the source",
    "An answer trickles in byte by byte and never ends",
    "It is cut off after the longest time of one answer, and the run goes on",
)
def test_an_answer_that_never_ends_is_cut_off(reading):
    """Every byte comes in time, and all of them together do not."""
    bounds = Bounds(attempts=2, backoff=0.0, max_backoff=0.0, max_seconds=0.05)
    outcome = reading([lambda _request: httpx.Response(200, stream=Trickle())] * 2, bounds=bounds)
    assert isinstance(outcome.error, TimedOut)
    assert "did not end within" in str(outcome.error)


def test_time_outs_end_earlier_where_the_caller_can_ask_for_less(reading):
    """One is enough to know that a page is too large; what the source says itself counts less."""

    def silent(_request):
        raise httpx.ReadTimeout("")

    slow = httpx.Response(504, text="")
    patient = reading([silent] * 3)
    assert (type(patient.error), len(patient.sent)) == (TimedOut, 3)
    hasty = reading([silent, FINE], timeouts=1)
    assert (type(hasty.error), len(hasty.sent)) == (TimedOut, 1)
    slow_ones = reading([slow, slow, slow, FINE], timeouts=1)
    assert (type(slow_ones.error), len(slow_ones.sent)) == (TimedOut, 3)
    assert reading([slow, slow, FINE], timeouts=1).error is None
