"""Documents: a value, and the location of every part of it in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, NamedTuple

from ccm_core.documents.location import Location
from ccm_core.documents.scalar_positions import Scalar, location_inside
from ccm_core.errors import Mistake
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict

Path = tuple[str | int, ...]
"""The way from the document's root to a value: keys of mappings and indexes of lists."""


class DocumentNode(NamedTuple):
    """A value and its location, with the nodes inside it."""

    value: Any
    location: Location
    scalar: Scalar | None = None
    """How the text was written, for a scalar."""
    keys: Mapping[str, Location] = FrozenDict()
    """The location of each key, for a mapping."""
    children: Mapping[str | int, DocumentNode] = FrozenDict()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One YAML document: JSON values, with the location of each in the file."""

    file: str
    text: str = field(repr=False)
    root: DocumentNode = field(repr=False)

    @property
    def value(self) -> Any:
        """The document as JSON values; not to be changed."""
        return self.root.value

    def get(self, path: Path, absent: Any = None) -> Any:
        """Return the value at the end of a path, or ``absent`` where there is none."""
        value = self.value
        for step in path:
            if not _has(value, step):
                return absent
            value = value[step]
        return value

    def location(self, path: Path, *, key: bool = False) -> Location:
        """Return the location of a value, or of its key; of its parent where it is absent."""
        node = self.root
        for depth, step in enumerate(path):
            if key and depth == len(path) - 1 and step in node.keys:
                return node.keys[str(step)]
            if step not in node.children:
                break
            node = node.children[step]
        return node.location

    def mistake(
        self, path: Path, message: str, *, key: bool = False, at: tuple[int, int] | None = None
    ) -> Mistake:
        """Return a mistake about a value, at its location in the file.

        Args:
            path: The way to the value.
            message: What was got and what was expected.
            key: Whether the key is wrong and not the value.
            at: The line and column inside the scalar's own text, both counted from 1.
        """
        location = self._inside(path, at) if at else self.location(path, key=key)
        return Mistake(self.file, location.line, location.column, message)

    def _inside(self, path: Path, at: tuple[int, int]) -> Location:
        node = self.root
        for step in path:
            if step not in node.children:
                return node.location
            node = node.children[step]
        if node.scalar is None or not isinstance(node.value, str):
            return node.location
        return location_inside(self.text, node.scalar, node.value, at)


def _has(value: Any, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and 0 <= step < len(value)
    return isinstance(value, dict) and step in value
