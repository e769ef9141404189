"""Changes one place of a YAML text and leaves the rest as it stands, comments included.

Each change is made in the text and then proven: the new text must hold exactly the value that was
wanted. Where it does not, such as through an alias, nothing is changed and a person is asked to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from ccm_core.documents.document import Path
from ccm_core.documents.yaml_parser import read_yaml
from ccm_core.documents.yaml_writer import block, flow
from ccm_core.errors import DocumentError

_BLANK = re.compile(r"\s*")


class NotEditable(ValueError):
    """The text is written in a way that cannot be changed for the person who wrote it."""


def put(text: str, path: Path, value: Any) -> str:
    """Give the text with a value at the end of a path; keys that are missing are added.

    Raises:
        NotEditable: It cannot be done without touching something else.
    """
    wanted = deepcopy(_value(text))
    with _there(path):
        inner = wanted
        for step in path[:-1]:
            inner = inner.setdefault(step, {}) if isinstance(inner, dict) else inner[step]
        inner[path[-1]] = value
    return _proven(_Text(text).put(path, value), wanted)


def append(text: str, path: Path, item: Any) -> str:
    """Give the text with one more item in the list at the end of a path.

    Raises:
        NotEditable: It cannot be done without touching something else.
    """
    wanted = deepcopy(_value(text))
    with _there(path):
        _at(wanted, path).append(item)
    return _proven(_Text(text).append(path, item), wanted)


def remove(text: str, path: Path) -> str:
    """Give the text without what stands at the end of a path.

    Raises:
        NotEditable: It cannot be done without touching something else.
    """
    wanted = deepcopy(_value(text))
    with _there(path):
        del _at(wanted, path[:-1])[path[-1]]
    return _proven(_Text(text).remove(path), wanted)


@contextmanager
def _there(path: Path) -> Iterator[None]:
    try:
        yield
    except (AttributeError, LookupError, TypeError):
        raise NotEditable(f"there is no place for {'.'.join(map(str, path))}") from None


def _value(text: str) -> Any:
    return read_yaml(text.encode(), "settings").value


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _proven(text: str, wanted: Any) -> str:
    try:
        found = _value(text)
    except DocumentError:
        found = None
    if found != wanted:
        raise NotEditable("it is written in a way that cannot be changed from here")
    return text


class _Text:
    """A text and the nodes in it, with their places."""

    def __init__(self, text: str) -> None:
        import yaml

        self._text = text
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self._root: Any = yaml.compose(text, Loader=loader)

    def put(self, path: Path, value: Any) -> str:
        parent = self._node(path[:-1])
        if parent is None:
            return self.put(path[:-1], {path[-1]: value})
        key, node = self._child(parent, path[-1])
        if node is not None:
            return self._replaced(key, node, value)
        if _kind(parent) != "mapping":
            raise NotEditable(f"{path[-1]!r} has no place in it")
        return self._added(parent, str(path[-1]), value)

    def append(self, path: Path, item: Any) -> str:
        node = self._node(path)
        if node is None or _kind(node) != "sequence":
            raise NotEditable("it is no list")
        if not node.flow_style:
            return self._line(self._end(node.value[-1]), block(item, node.start_mark.column))
        if node.value:
            return self._spliced(self._end(node.value[-1]), 0, f", {flow(item)}")
        start, end = node.start_mark.index, node.end_mark.index
        parent = self._node(path[:-1])
        inside = self._text[start + 1 : end - 1]
        if parent is None or parent.flow_style or not _BLANK.fullmatch(inside):
            return self._spliced(end - 1, 0, flow(item))
        lines = block(item, parent.start_mark.column + 2)
        start -= len(self._text[:start]) - len(self._text[:start].rstrip(" "))
        return f"{self._text[:start]}\n{lines}{self._text[end:]}"

    def remove(self, path: Path) -> str:
        parent = self._node(path[:-1])
        key, node = self._child(parent, path[-1])
        if node is None:
            raise NotEditable(f"{path[-1]!r} is not there")
        first = key or node
        if parent.flow_style:
            return self._unlisted(parent, first, node)
        start = first.start_mark.index
        if key is None:
            start = self._text.rfind("-", 0, start)
        line = self._text.rfind("\n", 0, start) + 1
        if self._text[line:start].strip() or start < 0:
            raise NotEditable("it begins in the middle of a line")
        end = self._line_end(self._end(node))
        rest = self._text[: max(line, 0)] + self._text[end + 1 :]
        return rest if len(parent.value) > 1 else self._emptied(path[:-1], rest)

    # -- nodes --------------------------------------------------------------------------------

    def _node(self, path: Path) -> Any:
        node = self._root
        for step in path:
            node = None if node is None else self._child(node, step)[1]
        return node

    def _child(self, node: Any, step: str | int) -> tuple[Any, Any]:
        if _kind(node) == "sequence":
            inside = isinstance(step, int) and step < len(node.value)
            return None, node.value[step] if inside else None
        if _kind(node) == "mapping":
            for key, value in node.value:
                if key.value == step:
                    return key, value
        return None, None

    def _end(self, node: Any) -> int:
        """Give where a node's own text ends; a block's mark stands behind what follows it."""
        if _kind(node) == "scalar" or node.flow_style or not node.value:
            end: int = node.end_mark.index
            block_scalar = _kind(node) == "scalar" and node.style in {"|", ">"}
            return len(self._text[:end].rstrip("\n")) if block_scalar else end
        last = node.value[-1]
        return self._end(last) if _kind(node) == "sequence" else max(map(self._end, last))

    # -- texts --------------------------------------------------------------------------------

    def _line_end(self, place: int) -> int:
        found = self._text.find("\n", place)
        return len(self._text) if found < 0 else found

    def _line(self, place: int, lines: str) -> str:
        """Give the text with lines of their own after the line of a place."""
        end = self._line_end(place)
        return f"{self._text[:end]}\n{lines}{self._text[end:]}"

    def _spliced(self, place: int, length: int, new: str) -> str:
        return self._text[:place] + new + self._text[place + length :]

    def _replaced(self, key: Any, node: Any, value: Any) -> str:
        start, end = node.start_mark.index, self._end(node)
        if key is not None and (node.start_mark.line != key.end_mark.line or start == end):
            start = self._text.index(":", key.end_mark.index) + 1
            return self._spliced(start, max(0, end - start), f" {flow(value)}")
        return self._spliced(start, end - start, flow(value))

    def _added(self, parent: Any, key: str, value: Any) -> str:
        pair = f"{flow(key)}: {flow(value)}"
        if parent.flow_style:
            if not parent.value:
                return self._spliced(parent.end_mark.index - 1, 0, pair)
            return self._spliced(self._end(parent.value[-1][1]), 0, f", {pair}")
        indent = " " * parent.start_mark.column
        return self._line(max(map(self._end, parent.value[-1])), f"{indent}{pair}")

    def _unlisted(self, parent: Any, first: Any, node: Any) -> str:
        """Take an item out of a list in brackets, with the comma that set it apart."""
        items = [one if isinstance(one, tuple) else (one, one) for one in parent.value]
        at = next(place for place, one in enumerate(items) if one[0] is first)
        start, end = first.start_mark.index, self._end(node)
        if at > 0:
            start = self._end(items[at - 1][1])
        elif len(items) > 1:
            end = items[1][0].start_mark.index
        return self._spliced(start, end - start, "")

    def _emptied(self, path: Path, rest: str) -> str:
        """Say that a list is empty where its only item was taken away."""
        key, node = self._child(self._node(path[:-1]), path[-1]) if path else (None, None)
        if key is None or _kind(node) != "sequence":
            raise NotEditable("nothing would be left of what surrounds it")
        colon = rest.index(":", key.end_mark.index) + 1
        return f"{rest[:colon]} []{rest[colon:]}"


def _kind(node: Any) -> str:
    return str(node.id)
