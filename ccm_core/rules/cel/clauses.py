"""Splits the text of a condition into the conditions that its logical operators join.

The checked tree (:mod:`ccm_core.rules.cel.checked_ast`) cannot serve here: it holds neither
parentheses nor where an operand ends, and macros are expanded in it.
"""

from __future__ import annotations

import re
from itertools import accumulate

from ccm_core.model.frozen_dataclass import dataclass

_STRING = (
    r"""[rR]?(?:'''(?:\\.|.)*?'''|\"\"\"(?:\\.|.)*?\"\"\"|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
)
_OPAQUE = re.compile(rf"(?s)(?P<comment>//[^\n]*)|{_STRING}")
_SIGNS = {
    "?:": re.compile(r"(?<![.\[])\?|:"),  # `row.?field` and `list[?0]` are no choices
    "||": re.compile(r"\|\|"),
    "&&": re.compile("&&"),
}
"""What stands between operands, the operator that binds loosest first."""
_RELATION = re.compile("[<>=!]=|[<>]")
_DEPTH = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A condition, and the conditions that it joins."""

    text: str
    """As it was written, on one line."""
    source: str
    """As it was written, without comments."""
    operator: str = ""
    """``&&``, ``||``, ``!`` or ``?:``; empty where it joins no conditions."""
    operands: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two sides and the operator between them."""

    left: Clause
    operator: str
    """``<``, ``<=``, ``>`` or ``>=``."""
    right: Clause


def clauses(text: str) -> Clause:
    """Split a condition as far as it is joined by ``&&``, ``||``, ``!`` and ``?:``.

    Args:
        text: A condition that compiles.
    """
    plain = _OPAQUE.sub(lambda match: " " if match["comment"] else match[0], text)
    return _clause(plain, _OPAQUE.sub(lambda match: "_" * len(match[0]), plain))


def comparison(clause: Clause) -> Comparison | None:
    """Split a clause that compares two sides by their order; None for any other."""
    mask = _OPAQUE.sub(lambda match: "_" * len(match[0]), clause.source)
    depths = list(accumulate(_DEPTH.get(character, 0) for character in mask))
    signs = [sign for sign in _RELATION.finditer(mask) if depths[sign.start()] == 0]
    if clause.operator or len(signs) != 1 or signs[0][0] in {"==", "!="}:
        return None
    start, stop = signs[0].span()
    left, right = (
        _clause(clause.source[span], mask[span]) for span in (slice(start), slice(stop, None))
    )
    return Comparison(left=left, operator=signs[0][0], right=right)


def _clause(text: str, mask: str) -> Clause:
    """Return the clause of a text, whose mask has a placeholder for each string."""
    text, mask = _unwrapped(text, mask)
    line = " ".join(text.split())
    depths = list(accumulate(_DEPTH.get(character, 0) for character in mask))
    for operator, sign in _SIGNS.items():
        cuts = [match.span() for match in sign.finditer(mask) if depths[match.start()] == 0]
        if cuts:
            cuts = cuts[:2] if operator == "?:" else cuts
            starts = [0, *(stop for _, stop in cuts)]
            stops = [*(start for start, _ in cuts), len(mask)]
            operands = map(slice, starts, stops)
            return Clause(
                text=line,
                source=text,
                operator=operator,
                operands=tuple(_clause(text[span], mask[span]) for span in operands),
            )
    if mask.startswith("!"):
        return Clause(text=line, source=text, operator="!", operands=(_clause(text[1:], mask[1:]),))
    return Clause(text=line, source=text)


def _unwrapped(text: str, mask: str) -> tuple[str, str]:
    """Strip white space, and parentheses that go around all of a text."""
    while True:
        start, stop = len(text) - len(text.lstrip()), len(text.rstrip())
        text, mask = text[start:stop], mask[start:stop]
        depths = accumulate(_DEPTH.get(character, 0) for character in mask[:-1])
        if not mask.startswith("(") or 0 in depths:
            return text, mask
        text, mask = text[1:-1], mask[1:-1]
