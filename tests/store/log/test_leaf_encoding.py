"""Leaves: what a row says, written one by one or many at a time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ccm_core.store.log.leaf_encoding import VERSION

NAMES = (
    *("connection", "kind", "kind_version", "collection", "stored_at", "observed_at", "endpoint"),
    *("window_since", "window_until", "page", "response_digest", "key", "digest"),
)
MARKED = st.sampled_from(["\x00digest", "\x00key", '"', "\\u0000key", "é", ""])
"""What could be taken for something else while a line is put together."""
TEXT = MARKED | st.text(max_size=5)
INSTANT = st.integers(min_value=0, max_value=2**51)
ROWS = st.lists(
    st.tuples(
        *(st.just("demo"), TEXT, st.just(1), st.just(7), st.sampled_from([0, 1]), INSTANT),
        *(TEXT | st.none(), INSTANT | st.none(), INSTANT | st.none(), st.integers(0, 2)),
        *(TEXT | st.none(), TEXT, TEXT | st.none()),
    ),
    max_size=6,
)


def test_rows_with_many_templates_have_their_leaves():
    """As where each record was read in a request of its own."""
    rows = [("demo", "k", 1, 7, 0, n, "/e", None, None, n, None, f"K{n}", "d") for n in range(1200)]
    one_by_one = [VERSION.line(dict(zip(NAMES, row, strict=True)), collection="c") for row in rows]

    assert list(VERSION.lines(NAMES, [*rows, *rows], collection="c")) == [*one_by_one, *one_by_one]


@given(rows=ROWS, collection=TEXT)
def test_leaves_of_many_rows_equal_those_of_each_row(rows, collection):
    """Writing many at a time is quicker and gives the very same bytes."""
    one_by_one = [
        VERSION.line(dict(zip(NAMES, row, strict=True)), collection=collection) for row in rows
    ]

    assert list(VERSION.lines(NAMES, rows, collection=collection)) == one_by_one
