"""Takes the text of a condition apart into the conditions it is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TEXT = re.compile(
    r"""(?s)[rR]?(?:'''(?:\\.|.)*?'''|\"\"\"(?:\\.|.)*?\"\"\"|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
)
_COMMENT = re.compile(r"//[^\n]*")
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A condition, and the conditions that it joins."""

    text: str
    """As it was written, on one line."""
    joint: str = ""
    """``&&``, ``||``, ``!`` or ``?:``; empty where it is not made of conditions."""
    parts: tuple[Clause, ...] = ()


def clauses(text: str) -> Clause:
    """Take a condition apart as far as it is joined by ``&&``, ``||``, ``!`` and ``?:``.

    Args:
        text: A condition that compiles.
    """
    return _clause(_COMMENT.sub(_blank_comment, text) if "//" in text else text)


def _blank_comment(found: re.Match[str]) -> str:
    # Two slashes within a text are no comment; a text that holds a line break is rare enough.
    before = found.string[: found.start()].rsplit("\n", 1)[-1]
    quotes = _TEXT.sub("", before)
    return found[0] if "'" in quotes or '"' in quotes else ""


def _clause(text: str) -> Clause:
    inside = _unwrapped(text.strip())
    for joint in ("?", "||", "&&"):
        pieces = _split(inside, joint)
        if len(pieces) == 1:
            continue
        if joint == "?":
            return _choice(inside, pieces[0], inside[len(pieces[0]) + 1 :])
        return Clause(text=_line(inside), joint=joint, parts=tuple(map(_clause, pieces)))
    if inside.startswith("!"):
        return Clause(text=_line(inside), joint="!", parts=(_clause(inside[1:]),))
    return Clause(text=_line(inside))


def _choice(whole: str, condition: str, rest: str) -> Clause:
    first, *others = _split(rest, ":")
    parts = (condition, first, ":".join(others))
    return Clause(text=_line(whole), joint="?:", parts=tuple(map(_clause, parts)))


def _unwrapped(text: str) -> str:
    """Take off parentheses that go around all of a text."""
    while text.startswith("(") and _end(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _end(text: str) -> int:
    """Give where what opens at the start of a text is closed."""
    return next((at for at, depth, _ in _plain(text) if depth == 0 and text[at] == ")"), -1)


def _split(text: str, joint: str) -> list[str]:
    """Split a text at a joint that stands in no parentheses and no quotes."""
    cuts = [at for at, depth, _ in _plain(text) if depth == 0 and text.startswith(joint, at)]
    # `row.?field` and `list[?0]` are no choices.
    cuts = [at for at in cuts if joint != "?" or text[at - 1 : at] not in {".", "["}]
    pieces, begin = [], 0
    for at in cuts:
        pieces.append(text[begin:at])
        begin = at + len(joint)
    return [*pieces, text[begin:]]


def _plain(text: str) -> Iterator[tuple[int, int, str]]:
    """Give each character outside quotes with its place and how deep it stands after it."""
    at = depth = 0
    while at < len(text):
        if quoted := _TEXT.match(text, at):
            at = quoted.end()
            continue
        depth += (text[at] in _OPENING) - (text[at] in _CLOSING)
        yield at, depth, text[at]
        at += 1


def _line(text: str) -> str:
    return " ".join(text.split())
