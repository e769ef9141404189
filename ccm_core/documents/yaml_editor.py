"""The YAML editor: changes one value of a text and keeps the rest, comments included.

Each change is made in the text and then verified: the new text must hold exactly the expected
value. Where it does not, such as through an alias, nothing is changed and a person has to do it.
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
    """Return the text with a value at the end of a path; missing keys are added.

    Raises:
        NotEditable: It cannot be done without touching something else.
    """
    expected = deepcopy(_value(text))
    with _require_parent(path):
        inner = expected
        for step in path[:-1]:
            inner = inner.setdefault(step, {}) if isinstance(inner, dict) else inner[step]
        inner[path[-1]] = value
    return _verified(_TextEditor(text).put(path, value), expected)


def append(text: str, path: Path, item: Any) -> str:
    """Return the text with one more item in the list at the end of a path.

    Raises:
        NotEditable: It cannot be done without touching something else.
    """
    expected = deepcopy(_value(text))
    with _require_parent(path):
        _at(expected, path).append(item)
    return _verified(_TextEditor(text).append(path, item), expected)


def remove(text: str, path: Path) -> str:
    """Return the text without the value at the end of a path.

    Raises:
        NotEditable: It cannot be done without touching something else.
    """
    expected = deepcopy(_value(text))
    with _require_parent(path):
        del _at(expected, path[:-1])[path[-1]]
    return _verified(_TextEditor(text).remove(path), expected)


@contextmanager
def _require_parent(path: Path) -> Iterator[None]:
    try:
        yield
    except (AttributeError, LookupError, TypeError):
        raise NotEditable(f"there is no parent of {'.'.join(map(str, path))}") from None


def _value(text: str) -> Any:
    return read_yaml(text.encode(), "settings").value


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _verified(text: str, expected: Any) -> str:
    try:
        actual = _value(text)
    except DocumentError:
        actual = None
    if actual != expected:
        raise NotEditable("it is written in a way that cannot be changed automatically")
    return text


class _TextEditor:
    """A text and the nodes in it, with their positions."""

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
            raise NotEditable(f"{path[-1]!r} cannot be added to it")
        return self._added(parent, str(path[-1]), value)

    def append(self, path: Path, item: Any) -> str:
        node = self._node(path)
        if node is None or _kind(node) != "sequence":
            raise NotEditable("it is not a list")
        if not node.flow_style:
            lines = block(item, node.start_mark.column)
            return self._insert_lines(self._end(node.value[-1]), lines)
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
            raise NotEditable(f"{path[-1]!r} does not exist")
        first = key or node
        if parent.flow_style:
            return self._removed_from_brackets(parent, first, node)
        start = first.start_mark.index
        if key is None:
            start = self._text.rfind("-", 0, start)
        line = self._text.rfind("\n", 0, start) + 1
        if self._text[line:start].strip() or start < 0:
            raise NotEditable("it begins in the middle of a line")
        end = self._line_end(self._end(node))
        rest = self._text[: max(line, 0)] + self._text[end + 1 :]
        return rest if len(parent.value) > 1 else self._with_empty_list(path[:-1], rest)

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
        """Return where a node's own text ends: the mark of a block is after what follows it."""
        if _kind(node) == "scalar" or node.flow_style or not node.value:
            end: int = node.end_mark.index
            block_scalar = _kind(node) == "scalar" and node.style in {"|", ">"}
            return len(self._text[:end].rstrip("\n")) if block_scalar else end
        last = node.value[-1]
        return self._end(last) if _kind(node) == "sequence" else max(map(self._end, last))

    # -- texts --------------------------------------------------------------------------------

    def _line_end(self, index: int) -> int:
        end = self._text.find("\n", index)
        return len(self._text) if end < 0 else end

    def _insert_lines(self, index: int, lines: str) -> str:
        """Return the text with more lines after the line of an index."""
        end = self._line_end(index)
        return f"{self._text[:end]}\n{lines}{self._text[end:]}"

    def _spliced(self, index: int, length: int, new: str) -> str:
        return self._text[:index] + new + self._text[index + length :]

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
        return self._insert_lines(max(map(self._end, parent.value[-1])), f"{indent}{pair}")

    def _removed_from_brackets(self, parent: Any, first: Any, node: Any) -> str:
        """Return the text without one item of a list in brackets, and without its comma."""
        pairs = [node if isinstance(node, tuple) else (node, node) for node in parent.value]
        position = next(index for index, pair in enumerate(pairs) if pair[0] is first)
        start, end = first.start_mark.index, self._end(node)
        if position > 0:
            start = self._end(pairs[position - 1][1])
        elif len(pairs) > 1:
            end = pairs[1][0].start_mark.index
        return self._spliced(start, end - start, "")

    def _with_empty_list(self, path: Path, rest: str) -> str:
        """Return the text with an empty list where its only item was removed."""
        key, node = self._child(self._node(path[:-1]), path[-1]) if path else (None, None)
        if key is None or _kind(node) != "sequence":
            raise NotEditable("its parent would be empty")
        colon = rest.index(":", key.end_mark.index) + 1
        return f"{rest[:colon]} []{rest[colon:]}"


def _kind(node: Any) -> str:
    return str(node.id)
