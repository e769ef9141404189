"""Whether the condition of a trigger holds whenever an incident has a priority.

Conditions are written in PagerDuty's PCL: ``incident.priority matches 'P1'``, joined by ``or``.
What else a condition may say of priorities is not guessed.
"""

from __future__ import annotations

import re

_PRIORITY = re.compile(r"""\s*incident\.priority\s+matches\s+(?:'([^'"]*)'|"([^'"]*)")\s*""")
_TEXT = re.compile(r"""'[^']*'|"[^"]*\"""")
_OR = re.compile(r"\s+or\s+", re.IGNORECASE)
_TOPIC = "priority"


def holds_for_priority(condition: str | None, name: str) -> bool | None:
    """Return whether a condition holds for every incident of a priority; None: it is not known.

    Args:
        condition: Of a trigger; none at all holds for every incident.
        name: The name of the priority.
    """
    if not (condition or "").strip():
        return True
    parts = _alternatives(condition or "")
    named = [_PRIORITY.fullmatch(part) for part in parts]
    if any(match and name in match.groups() for match in named):
        return True
    others = [part for part, match in zip(parts, named, strict=True) if match is None]
    return None if any(_TOPIC in part.lower() for part in others) else False


def _alternatives(condition: str) -> list[str]:
    """Return what ``or`` joins; all of it where parentheses or texts may hide how it is joined."""
    bare = _TEXT.sub("''", condition)
    is_plain = not set("()") & set(bare) and bare.count("'") == 2 * len(_TEXT.findall(condition))
    if not is_plain or any(_OR.search(text) for text in _TEXT.findall(condition)):
        return [condition]
    return _OR.split(condition)
