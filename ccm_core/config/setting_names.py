"""Checks names in settings: none twice, and none of a connection that there is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ccm_core.documents import Document, Path, suggest
from ccm_core.errors import Mistake


def unknown_connections(document: Document, path: Path) -> Iterator[Mistake]:
    """Yield a mistake for each name in a list of the document that no connection of it has.

    What is no text, or no list, is left to the schema.
    """
    listed = document.get(("connections",))
    choices = [
        entry["name"]
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("name"), str)
    ]
    names = document.get(path)
    for index, name in enumerate(names if isinstance(names, list) else []):
        if isinstance(name, str) and name not in choices:
            message = suggest("connection", name, choices, label="there are")
            yield document.mistake((*path, index), message)


def repeated_names(
    document: Document, path: Path, entries: Iterable[tuple[int, Any]], noun: str
) -> Iterator[Mistake]:
    """Yield a mistake for each entry of a list that has the name of one before it.

    Args:
        document: The settings.
        path: Where the list is.
        entries: Those of the list that are mappings, with their index.
        noun: What an entry is, for the message.
    """
    first: dict[str, int] = {}
    for index, entry in entries:
        name = entry.get("name")
        if not isinstance(name, str):
            continue
        if name in first:
            location = document.location((*path, first[name], "name"))
            message = f'a second {noun} is named "{name}"; the first is at {location}'
            yield document.mistake((*path, index, "name"), message)
        first.setdefault(name, index)
