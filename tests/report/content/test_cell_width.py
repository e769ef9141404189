"""Text in terminal cells."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies

from ccm_core.report.content.cell_width import cells, pad, plain, wrap

texts = strategies.text(strategies.sampled_from("ab é検👍 \u0301-"), max_size=60)


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("検索", 4), ("e\u0301", 1), ("👍", 2)]
)
def test_cells_of_wide_and_combining_characters(text, width):
    """Wide characters take two cells, combining ones none."""
    assert cells(text) == width


@settings(deadline=None)
@given(texts, strategies.integers(2, 20))
def test_wrapped_lines_fit_the_width_and_lose_no_word(text, width):
    """Wrapping and cutting keep to the width; wrapping keeps every character but spaces."""
    lines = wrap(text, width)
    assert all(cells(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_padding_counts_cells():
    """Not characters."""
    assert pad("検", 4) == "検  "


def test_a_plain_text_is_one_line_that_steers_no_terminal():
    """Whatever lines and control characters it has."""
    assert plain(" a\n\tb\x1b[0m ") == "a b\ufffd[0m"
