"""Finds keys of packs and of parameters that have another name now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ccm_core.documents import Document, Path
from ccm_core.errors import Mistake

_RENAMED: Mapping[tuple[str, ...], str] = {
    ("by_hand",): "manual_procedures",
    ("by_hand", "*", "remains"): "procedures",
    ("manual_procedures", "*", "remains"): "procedures",
    ("parameters", "*", "default", "changes"): "overrides",
    ("rules", "*", "tests", "*", "params", "*", "changes"): "overrides",
}
"""The name of today by the path of a key of before; ``*`` is any key or index."""


def renamed_keys(document: Document) -> Iterator[Mistake]:
    """Yield a mistake for each key of a pack that has another name now."""
    for pattern, name in _RENAMED.items():
        for path in _matching_paths(document.value, pattern):
            yield document.mistake(path, _message(pattern[-1], name), key=True)


def renamed_setting_key(value: Any) -> str | None:
    """Return what is wrong with a key of a parameter's value; None where it has today's name."""
    if isinstance(value, dict) and "changes" in value:
        return _message("changes", "overrides")
    return None


def _message(old: str, new: str) -> str:
    return f"`{old}` is now called `{new}`"


def _matching_paths(value: Any, pattern: tuple[str, ...]) -> Iterator[Path]:
    if not pattern:
        yield ()
        return
    step, *rest = pattern
    if isinstance(value, dict):
        keys = list(value) if step == "*" else [step] if step in value else []
    else:
        keys = list(range(len(value))) if step == "*" and isinstance(value, list) else []
    for key in keys:
        for below in _matching_paths(value[key], tuple(rest)):
            yield (key, *below)
