"""What identifies one response is written for support, and left out of verdicts."""

from __future__ import annotations

import pytest

from ccm_core.model.evidence.response_trail import response_trail, without_trails


@pytest.mark.parametrize(
    ("media", "request_id"),
    [
        pytest.param("text/html", "4f-1", id="usual"),
        pytest.param("text/html", "", id="without an id"),
        pytest.param("text/html", "a, b (c) d", id="an id with separators"),
        pytest.param("a, 3 bytes) (b", "x", id="a media type with separators"),
        pytest.param("no content type", "x y", id="an id with a space"),
    ],
)
def test_whatever_is_written_of_a_response_is_left_out_again(media, request_id):
    """The request, the status and what the source answered stay."""
    texts = {
        without_trails(f"GET /a answered 500 {response_trail(media, size, identity)}: Broken (12)")
        for size, identity in ((1, request_id), (22, request_id + "9"), (333, ""))
    }
    (text,) = texts
    assert text.startswith("GET /a answered 500 (")
    assert text.endswith("): Broken (12)")
    assert "bytes)" not in text
    assert "request id" not in text
