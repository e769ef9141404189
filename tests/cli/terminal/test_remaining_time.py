"""How long reading still takes, as a person is told."""

from __future__ import annotations

import pytest

from ccm_core.cli.terminal.remaining_time import Estimated, estimate_words, remaining_words


@pytest.mark.parametrize(
    ("done", "total", "seconds", "words"),
    [
        pytest.param(100, 900, 60.0, "about 8m left", id="minutes"),
        pytest.param(100, 12_100, 60.0, "about 2h left", id="hours"),
        pytest.param(100, 150, 60.0, "about 30s left", id="seconds"),
        pytest.param(100, 101, 60.0, "", id="soon"),
        pytest.param(0, 900, 60.0, "", id="nothing done yet"),
        pytest.param(10, None, 60.0, "", id="no total"),
        pytest.param(900, 900, 60.0, "", id="done"),
    ],
)
def test_the_remaining_time_follows_from_what_was_done(done, total, seconds, words):
    """As fast as before, rounded up; nothing is said of a few seconds."""
    assert remaining_words(done, total, seconds) == words


def test_an_estimate_names_the_requests_and_the_least_time():
    """The limit of the source decides how long they take at least."""
    assert estimate_words(12_000, 864) == (
        "about 12,000 requests to come, at least 14m at 864 a minute"
    )
    assert estimate_words(300, None) == "about 300 requests to come"


def test_requests_before_an_estimate_do_not_count():
    """The bar counts what was estimated, and never beyond it."""
    estimated = Estimated(requests=100, before=7)
    assert [estimated.done(requests) for requests in (7, 57, 500)] == [0, 50, 100]
