"""Finds keys of a document that have another name now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from ccm_core.documents.document import Document, Path
from ccm_core.errors import Mistake

RenamedKeys: TypeAlias = Mapping[tuple[str, ...], str]
"""The current name by the path of a former key; ``*`` is any key or index."""


def renamed_keys(document: Document, renamed: RenamedKeys) -> Iterator[Mistake]:
    """Yield a mistake for each key that has another name now.

    Args:
        document: The document.
        renamed: The current names.
    """
    for pattern, name in renamed.items():
        for path in _matching_paths(document.value, pattern):
            yield document.mistake(path, renamed_message(pattern[-1], name), key=True)


def renamed_message(former: str, current: str) -> str:
    """Return the message about a renamed key."""
    return f"`{former}` is now called `{current}`"


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
