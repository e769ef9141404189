"""Words of the command line that changed: each says what it is called now, and does nothing."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["evaluate", "--repeat"], "--repeat is now called --reproduce", id="repeat"),
        pytest.param(["notify", "--try"], "--try is now called --test", id="notify-try"),
        pytest.param(
            ["rules", "try"], "`try` is now called `ccm rules preview`", id="rules-try-alone"
        ),
        pytest.param(
            ["rules", "try", "pack.yaml", "--json"],
            "`try` is now called `ccm rules preview`",
            id="rules-try-with-arguments",
        ),
    ],
)
def test_renamed_word_says_what_it_is_called_now(ccm, arguments, message):
    """Exit code 2, and one message with the new word."""
    ran = ccm(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_renamed_words_are_not_listed(ccm):
    """The help shows the new words only."""
    assert "--repeat" not in ccm("evaluate", "--help").out
    assert "--try" not in ccm("notify", "--help").out
    assert "\n  try" not in ccm("rules", "--help").out
