"""The YAML parser: reads a document event by event, with the location of every value.

Everything is bounded before it is built: bytes, levels, and what aliases may expand to.
Tags, duplicate keys, keys that are not strings and a second document are mistakes. A syntax error
ends the reading; all other mistakes are reported together.
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NoReturn

from ccm_core.documents.document import Document, DocumentNode
from ccm_core.documents.error_phrases import quoted
from ccm_core.documents.location import Location
from ccm_core.documents.scalar_positions import Scalar
from ccm_core.documents.yaml_scalars import scalar_value
from ccm_core.errors import DocumentError, Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

    import yaml

MAX_BYTES = 4 * 1024 * 1024
"""How large a file may be."""
MAX_LEVELS = 50
"""How deep lists and mappings may be nested."""
MAX_EXPANDED = 1000
"""How many values all aliases together may stand for."""

_NOT_TEXT = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def read_yaml(text: bytes, file: str) -> Document:
    """Read one YAML document.

    Args:
        text: The file's bytes, in UTF-8.
        file: The file's name, as mistakes are to name it.

    Raises:
        DocumentError: It is no YAML, or more than these documents need.
    """
    decoded = _decode(text, file)
    return Document(file=file, text=decoded, root=_NodeBuilder(decoded, file).read())


def _decode(text: bytes, file: str) -> str:
    if len(text) > MAX_BYTES:
        message = f"the file has {len(text)} bytes; expected at most {MAX_BYTES}"
        raise DocumentError([Mistake(file, 1, 1, message)])
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        end = _end_of(text[: cause.start].decode("utf-8-sig"))
        message = "these bytes are not UTF-8; save the file as UTF-8"
        raise DocumentError([Mistake(file, end.line, end.column, message)]) from cause
    if odd := _NOT_TEXT.search(decoded):
        end = _end_of(decoded[: odd.start()])
        message = f"the control character U+{ord(odd[0]):04X} is not allowed in YAML; remove it"
        raise DocumentError([Mistake(file, end.line, end.column, message)])
    return decoded


def _end_of(text: str) -> Location:
    lines = text.split("\n")
    return Location(len(lines), len(lines[-1]) + 1)


class _NodeBuilder:
    """Builds the nodes of one document from the parser's events."""

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._mistakes: list[Mistake] = []
        self._events = _parse(text, file, self._mistakes)
        self._anchors: dict[str, DocumentNode] = {}
        self._expanded = 0

    def read(self) -> DocumentNode:
        root = DocumentNode(value=None, location=Location(1, 1))
        documents = 0
        for event in self._events:
            match type(event).__name__:
                case "DocumentStartEvent":
                    documents += 1
                    if documents > 1:
                        self._stop(event, "a second document begins here; expected one in a file")
                case "StreamStartEvent" | "StreamEndEvent" | "DocumentEndEvent":
                    pass
                case _:
                    root = self._node(event, 1)
        if self._mistakes:
            raise DocumentError(self._mistakes)
        return root

    def _node(self, event: Any, level: int) -> DocumentNode:
        if level > MAX_LEVELS:
            self._stop(event, f"nested deeper than {MAX_LEVELS} levels; expected fewer levels")
        match type(event).__name__:
            case "AliasEvent":
                return self._alias(event, level)
            case "ScalarEvent":
                node = self._scalar(event)
            case "SequenceStartEvent":
                node = self._sequence(event, level)
            case _:
                node = self._mapping(event, level)
        if event.tag is not None:
            self._report(event, "tags such as !!str are not supported; write the value without it")
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: Any, level: int) -> DocumentNode:
        target = self._anchors.get(event.anchor)
        if target is None:
            self._stop(event, "this alias has no anchor that ends before it")
        size, height = _extent(target.value)
        self._expanded += size
        if self._expanded > MAX_EXPANDED or level + height - 1 > MAX_LEVELS:
            self._stop(
                event,
                f"aliases expand to more than {MAX_EXPANDED} values or {MAX_LEVELS} levels; "
                "write the values out",
            )
        return DocumentNode(value=deepcopy(target.value), location=_start(event))

    def _scalar(self, event: Any) -> DocumentNode:
        start, location = event.start_mark, _start(event)
        scalar = Scalar(
            start=start.index,
            end=event.end_mark.index,
            location=location,
            style=event.style or "",
        )
        return DocumentNode(value=self._value(event), location=location, scalar=scalar)

    def _value(self, event: Any) -> Any:
        if event.style or event.tag is not None:
            return event.value
        try:
            return scalar_value(event.value)
        except ValueError as cause:
            self._report(event, str(cause))
            return event.value

    def _sequence(self, event: Any, level: int) -> DocumentNode:
        children: dict[str | int, DocumentNode] = {}
        for child in self._until("SequenceEndEvent"):
            children[len(children)] = self._node(child, level + 1)
        return _container([child.value for child in children.values()], event, {}, children)

    def _mapping(self, event: Any, level: int) -> DocumentNode:
        keys: dict[str, Location] = {}
        children: dict[str | int, DocumentNode] = {}
        for key_event in self._until("MappingEndEvent"):
            key = self._key(key_event, keys, level)
            child = self._node(next(self._events), level + 1)
            if key is not None:
                children[key] = child
        return _container({k: child.value for k, child in children.items()}, event, keys, children)

    def _key(self, event: Any, keys: dict[str, Location], level: int) -> str | None:
        """Return a key that may be used, or report it and return None."""
        is_plain = type(event).__name__ == "ScalarEvent" and not (event.tag or event.anchor)
        key = self._value(event) if is_plain else self._node(event, level + 1).value
        if not isinstance(key, str):
            self._report(event, "this key is not a string; put it in quotes")
        elif key in keys:
            message = f"the key {quoted(key)} is a duplicate; the first is at {keys[key]}"
            self._report(event, message)
        else:
            keys[key] = _start(event)
            return key
        return None

    def _until(self, end: str) -> Iterator[Any]:
        for event in self._events:
            if type(event).__name__ == end:
                return
            yield event

    def _report(self, event: Any, message: str) -> None:
        start = _start(event)
        self._mistakes.append(Mistake(self._file, start.line, start.column, message))

    def _stop(self, event: Any, message: str) -> NoReturn:
        self._report(event, message)
        raise DocumentError(self._mistakes)


def _parse(text: str, file: str, reported: list[Mistake]) -> Iterator[yaml.Event]:
    """Yield the parser's events; raise a syntax error with the mistakes reported before it."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        while (event := loader.get_event()) is not None:
            yield event
    except yaml.YAMLError as cause:
        raise DocumentError([*reported, _syntax_mistake(cause, file)]) from cause
    finally:
        loader.dispose()


def _syntax_mistake(error: yaml.YAMLError, file: str) -> Mistake:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    location = Location(mark.line + 1, mark.column + 1) if mark else Location(1, 1)
    reasons = [getattr(error, name, None) for name in ("context", "problem", "reason")]
    message = ", ".join(reason for reason in reasons if reason) or "it cannot be read"
    return Mistake(file, location.line, location.column, f"not YAML: {message}")


def _start(event: Any) -> Location:
    mark = event.start_mark
    return Location(mark.line + 1, mark.column + 1)


def _extent(value: Any) -> tuple[int, int]:
    """Return how many values a value holds, itself included, and how many levels."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    extents = [_extent(part) for part in inside]
    size = 1 + sum(size for size, _ in extents)
    return size, 1 + max((height for _, height in extents), default=0)


def _container(
    value: Any, event: Any, keys: dict[str, Location], children: dict[str | int, DocumentNode]
) -> DocumentNode:
    return DocumentNode(
        value=value,
        location=_start(event),
        keys=keys,
        children=children,
    )
