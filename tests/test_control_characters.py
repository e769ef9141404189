"""Characters that steer a terminal or turn text around."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.control_characters import (
    escape_controls,
    escape_line,
    printable_excerpt,
    replace_controls,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("\x1b[31mred", "\ufffd[31mred", id="terminal escape"),
        pytest.param("a\x00b\x7f", "a\ufffdb\ufffd", id="control characters"),
        pytest.param("abc\u202egnp.exe", "abc\ufffdgnp.exe", id="text turned around"),
        pytest.param("\ud800", "\ufffd", id="half a surrogate pair"),
        pytest.param("Größe 検索 👩‍🚒\n\t", "Größe 検索 👩‍🚒\n\t", id="harmless"),
    ],
)
def test_controls_are_replaced_and_all_else_stays(text, shown):
    """What steers a terminal or turns text around is not shown."""
    assert replace_controls(text) == shown


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("\x1b[2Jgone", "\\u001b[2Jgone", id="terminal escape"),
        pytest.param("\x9b2J", "\\u009b2J", id="the same in one character"),
        pytest.param("OK\rFAIL", "OK\\u000dFAIL", id="a line written over"),
        pytest.param("abc\u202egnp.exe", "abc\\u202egnp.exe", id="text turned around"),
        pytest.param("Größe\n\t👩‍🚒", "Größe\n\t👩‍🚒", id="harmless"),
    ],
)
def test_controls_are_escaped_visibly(text, written):
    """Whoever reads it sees what is there."""
    assert escape_controls(text) == written


def test_a_line_stays_one_line():
    """A name with a line feed forges no second line."""
    assert escape_line("api\nOK: all rules hold\t") == "api\\u000aOK: all rules hold\\u0009"


@given(st.text())
def test_escaped_json_has_the_same_value(text):
    """A program reads what was there; only how it is written differs."""
    written = escape_controls(json.dumps(text, ensure_ascii=False))
    assert json.loads(written) == text


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        pytest.param("br\x1b[2J", "br[2J", id="terminal escape"),
        pytest.param("abc\u202egnp", "abcgnp", id="text turned around"),
        pytest.param("one\ntwo", "onetwo", id="line feed"),
        pytest.param("x" * 20, "x" * 10, id="too long"),
    ],
)
def test_an_excerpt_of_foreign_text_is_short_and_printable(text, excerpt):
    """Whatever a response's header holds, a message quotes a short printable piece of it."""
    assert printable_excerpt(text, 10) == excerpt
    assert printable_excerpt("a\x07b", 10, substitute="?") == "a?b"
