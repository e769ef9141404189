"""Evaluations are stated by what differs from the one before, and nobody hides anything in that."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.bundle.line_differences import stated_by_difference
from ccm_core.bundle.verifier.archive import UnreadableBundle, read_archive
from ccm_core.bundle.verifier.bounds import LIMITS, Bound, BoundExceeded
from ccm_core.bundle.verifier.contents import EVALUATIONS, content_lines
from ccm_core.bundle.verifier.main import verify


class Lines(dict):
    """The files of a package, of which one has these lines."""

    limits = LIMITS

    def __init__(self, lines):
        super().__init__({EVALUATIONS: lines})

    def lines(self, name):
        """Yield the lines of a file."""
        yield from self[name]


def read(*lines, limits=LIMITS):
    """Return the lines as they are whole."""
    files = Lines(lines)
    files.limits = limits
    return list(content_lines(files, EVALUATIONS))


documents = st.lists(
    st.lists(
        st.dictionaries(st.sampled_from("abc"), st.text(max_size=9) | st.integers(), max_size=2),
        max_size=6,
    ).map(lambda rules: {"rules": rules}),
    max_size=5,
)


@given(documents)
def test_lines_are_read_back_to_the_byte(written):
    """Whatever changes from one to the next, and whatever letters they have."""
    lines = [
        json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
        for document in written
    ]
    stated = [line.removesuffix(b"\n") for line in stated_by_difference(lines)]
    assert read(*stated) == lines


def test_what_repeats_takes_next_to_nothing():
    """A change in the middle is a few bytes, and what follows it is not stated again."""
    rules = [{"rule": f"rule {number}", "text": "é" * 50} for number in range(100)]
    changed = [*rules[:50], rules[50] | {"text": "another"}, *rules[51:]]
    lines = [
        json.dumps({"rules": each}, separators=(",", ":")).encode() for each in (rules, changed)
    ]
    whole, difference = stated_by_difference(lines)
    assert whole == lines[0] + b"\n"
    assert len(difference) < 100
    assert [type(part) for part in json.loads(difference)] == [list, str, list]


FIRST = b'{"a":[{"b":1},{"b":2}]}'
WRONG = [
    pytest.param(b"[[0,99]]", "no part of the one before", id="beyond its end"),
    pytest.param(b"[[-2,1]]", "no part of the one before", id="before its beginning"),
    pytest.param(b"[[3,3]]", "no part of the one before", id="nothing"),
    pytest.param(b"[[3,1]]", "no part of the one before", id="backwards"),
    pytest.param(b"[[0,true]]", "no part of the one before", id="no number"),
    pytest.param(b"[[0,1.5]]", "no part of the one before", id="half a byte"),
    pytest.param(b"[[0,1,2]]", "no part of the one before", id="three ends"),
    pytest.param(b"[7]", "no part of the one before", id="a number alone"),
    pytest.param(b"[null]", "no part of the one before", id="null"),
    pytest.param(b'[{"0":1}]', "no part of the one before", id="an object"),
    pytest.param(b"[[0, 5]]", "not in the form that ccm writes", id="white space"),
    pytest.param(rb'["\u0061"]', "not in the form that ccm writes", id="an escape for a letter"),
]


@pytest.mark.parametrize(("line", "message"), WRONG)
def test_a_line_that_states_no_difference_is_refused(line, message):
    """It would be read as something else than whoever wrote it says."""
    with pytest.raises(UnreadableBundle, match=message):
        read(FIRST, line)


@pytest.mark.parametrize(
    ("bound", "line"),
    [
        ("line", b"[" + b",".join([b"[0,20]"] * 10) + b"]"),
        ("whole", b"[[0,20]]"),
    ],
)
def test_what_would_grow_out_of_little_is_bounded(bound, line):
    """A line is bounded as it is whole, and so are all of them together."""
    limits = LIMITS._replace(**{bound: Bound(100, "bytes", "this is a test")})
    with pytest.raises(BoundExceeded, match="at most 100"):
        read(FIRST, *[line] * 10, limits=limits)


def test_a_package_states_evaluations_by_difference_and_verifies(whole, key_of, old_firm):
    """All but the first of them, and in the order of their leaves."""
    files = read_archive(str(whole))
    stated = list(files.lines(EVALUATIONS))
    assert {line[:1] for line in stated[1:]} == {b"["}
    evaluations = list(content_lines(files, EVALUATIONS))
    assert [json.loads(line)["evaluated_at"] for line in evaluations] == sorted(
        json.loads(line)["evaluated_at"] for line in evaluations
    )
    _, problems = verify(str(whole), key_of(old_firm))
    assert problems == []
