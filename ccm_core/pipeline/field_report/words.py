"""Which words outside of bodies may be reported: those that belong to no account."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_WORD = re.compile(r"[a-z]+[0-9]{0,2}(_([a-z]+[0-9]{0,2}|[0-9]{1,2}))*")
_LONGEST_WORD = 60
_LONGEST_PATH = 160
_MOST_SIBLINGS = 20


def is_word(text: str) -> bool:
    """Whether a text is a word in snake case, as an API names types and fields."""
    return len(text) <= _LONGEST_WORD and _WORD.fullmatch(text) is not None


def word_or_none(text: str | None) -> str | None:
    """Return a text that is a word; None for any other."""
    return text if text is not None and is_word(text) else None


def field_paths(paths: Iterable[str]) -> tuple[str, ...]:
    """Return those of some paths of fields that look like an API's, sorted.

    Where very many are below one field, their names are values: none of those is returned.
    """
    fields = {path for path in paths if _is_field_path(path)}
    siblings = Counter(path.rpartition(".")[0] for path in fields)
    few = (path for path in fields if siblings[path.rpartition(".")[0]] <= _MOST_SIBLINGS)
    return tuple(sorted(few))


def scope_names(scopes: Iterable[str] | None) -> tuple[str, ...] | None:
    """Return those of some scopes that are words, joined by dots or colons; None for None."""
    if scopes is None:
        return None
    return tuple(sorted({scope for scope in scopes if all(map(is_word, _scope_words(scope)))}))


def parameter_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return those of some names of parameters that are words, sorted."""
    return tuple(sorted({name for name in names if is_word(name.removesuffix("[]"))}))


def _is_field_path(path: str) -> bool:
    segments = (segment.removesuffix("[]") for segment in path.split("."))
    return len(path) <= _LONGEST_PATH and all(map(is_word, segments))


def _scope_words(scope: str) -> list[str]:
    return re.split("[.:]", scope)
