"""The checked form of a CEL expression as a small tree, to see what a condition reads.

The runtime hands out a checked expression only as ``cel.expr.CheckedExpr`` in the protocol-buffer
wire format (google/cel-spec, ``proto/cel/expr/checked.proto`` and ``syntax.proto``). The few fields
that matter here are read straight from the wire, so that no protocol-buffer library is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Path: TypeAlias = tuple[str, ...]
"""A root name and the keys below it; ``[]`` stands for any element of a list."""

ELEMENT = "[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class CelNode:
    """One node of an expression."""

    id: int
    form: str
    """``constant``, ``name``, ``select``, ``call``, ``list``, ``struct`` or ``comprehension``."""
    text: str = ""
    """The name, the key selected, or the function called."""
    value: object = None
    """Of a constant."""
    parts: tuple[CelNode, ...] = ()
    """The operands, in the order of the source; a method's target comes first."""
    variables: tuple[str, str] = ("", "")
    """Of a comprehension: the name of an element and the name of the accumulator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedExpression:
    """A checked expression and where its nodes stand."""

    root: CelNode
    offsets: Mapping[int, int] = field(default_factory=dict)
    """Code points from the start of the text, by node id."""

    def nodes(self) -> Iterator[CelNode]:
        """Give every node, parents first."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.parts))

    def start(self, node: CelNode) -> int:
        """Give where a path begins: its own position is that of its last dot or bracket."""
        while node.form in {"select", "call"} and node.parts:
            node = node.parts[0]
        return self.offsets.get(node.id, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRead:
    """One value that an expression reads, and where it says so."""

    path: Path
    offset: int


def decode(serialized: bytes) -> CheckedExpression:
    """Read the bytes that the runtime's ``serialize()`` gives."""
    checked = _message(_one(_message(serialized), 2))
    return CheckedExpression(root=_node(_one(checked, 4)), offsets=_positions(_one(checked, 5)))


def reads(tree: CheckedExpression, scope: Mapping[str, Path] | None = None) -> tuple[PathRead, ...]:
    """List the paths an expression reads, in the order of its text.

    Args:
        tree: The expression.
        scope: What a name stands for where it is short for a path (a ``let``).
    """
    found: list[PathRead] = []
    _collect(tree.root, dict(scope or {}), tree, found)
    known = (read for read in found if read.path[0])
    return tuple(sorted(known, key=lambda read: (read.offset, read.path)))


def path_of(node: CelNode, scope: Mapping[str, Path] | None = None) -> Path | None:
    """Give the path that a node is, or nothing where it is anything else than a path."""
    scope = scope or {}
    if node.form == "name":
        return scope.get(node.text) or tuple(node.text.split("."))
    if node.form == "select":
        base = path_of(node.parts[0], scope)
        return (*base, node.text) if base else None
    if node.form == "call" and node.text in {"_[_]", "_?._", "_[?_]"}:
        base, step = path_of(node.parts[0], scope), node.parts[1]
        return (*base, step.value if isinstance(step.value, str) else ELEMENT) if base else None
    return None


def dotted(path: Path) -> str:
    """Write a path the way people do: ``users[].name``."""
    return ".".join(path).replace(f".{ELEMENT}", ELEMENT)


def _collect(node: CelNode, scope: dict[str, Path], tree: CheckedExpression, found: list[PathRead]) -> None:
    path = path_of(node, scope)
    if path is not None:
        found.append(PathRead(path=path, offset=tree.start(node)))
        _collect_indexes(node, scope, tree, found)
        return
    inner = scope | _bound(node, scope) if node.form == "comprehension" else scope
    for number, part in enumerate(node.parts):
        # What a comprehension runs over and starts from does not see its variables.
        _collect(part, scope if number < _OUTSIDE else inner, tree, found)


_OUTSIDE = 2


def _collect_indexes(node: CelNode, scope: dict[str, Path], tree: CheckedExpression, found: list[PathRead]) -> None:
    """What stands in square brackets is read too."""
    if node.form == "call":
        _collect(node.parts[1], scope, tree, found)
    if node.form != "name":
        _collect_indexes(node.parts[0], scope, tree, found)


def _bound(node: CelNode, scope: Mapping[str, Path]) -> dict[str, Path]:
    """Name what a comprehension's variables stand for; an empty root where that is no path."""
    element, accumulator = node.variables
    span, start = (path_of(part, scope) for part in node.parts[:2])
    return {
        element: (*span, ELEMENT) if span else ("",),
        accumulator: start or ("",),
    }


# -- the wire ---------------------------------------------------------------------------------

_Fields: TypeAlias = Sequence[tuple[int, "int | bytes"]]


def _node(data: bytes) -> CelNode:
    fields = _message(data)
    number = _integer(fields, 2)
    for tag, form in _FORMS.items():
        for body in _all(fields, tag):
            return form(number, _message(body))
    return CelNode(id=number, form="constant")


def _constant(number: int, fields: _Fields) -> CelNode:
    value: object = None
    for tag, raw in fields:
        if tag == 2 or tag == 3 or tag == 4:  # noqa: PLR1714, PLR2004 - bool, int64, uint64
            value = bool(raw) if tag == 2 else _signed(raw)  # noqa: PLR2004 - bool
        elif tag == 6 and isinstance(raw, bytes):  # noqa: PLR2004 - string
            value = raw.decode()
    return CelNode(id=number, form="constant", value=value)


def _name(number: int, fields: _Fields) -> CelNode:
    return CelNode(id=number, form="name", text=_text(fields, 1))


def _select(number: int, fields: _Fields) -> CelNode:
    return CelNode(id=number, form="select", text=_text(fields, 2), parts=(_node(_one(fields, 1)),))


def _call(number: int, fields: _Fields) -> CelNode:
    parts = [_node(body) for tag in (1, 3) for body in _all(fields, tag)]
    return CelNode(id=number, form="call", text=_text(fields, 2), parts=tuple(parts))


def _list(number: int, fields: _Fields) -> CelNode:
    return CelNode(id=number, form="list", parts=tuple(_node(body) for body in _all(fields, 1)))


def _struct(number: int, fields: _Fields) -> CelNode:
    entries = [_message(body) for body in _all(fields, 2)]
    parts = [_node(body) for entry in entries for tag in (3, 4) for body in _all(entry, tag)]
    return CelNode(id=number, form="struct", parts=tuple(parts))


def _comprehension(number: int, fields: _Fields) -> CelNode:
    return CelNode(
        id=number,
        form="comprehension",
        parts=tuple(_node(_one(fields, tag)) for tag in (2, 4, 5, 6, 7)),
        variables=(_text(fields, 1), _text(fields, 3)),
    )


_FORMS = {
    3: _constant,
    4: _name,
    5: _select,
    6: _call,
    7: _list,
    8: _struct,
    9: _comprehension,
}


def _positions(data: bytes) -> dict[int, int]:
    entries = [_message(body) for body in _all(_message(data), 4)]
    return {_integer(entry, 1): _integer(entry, 2) for entry in entries}


def _message(data: bytes) -> _Fields:
    """Split a message into its fields: numbers for variable-length ones, bytes for the others."""
    fields: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        tag, wire = key >> 3, key & 7
        if wire == 0:
            number, at = _varint(data, at)
            fields.append((tag, number))
            continue
        length, at = (8, at) if wire == 1 else (4, at) if wire == 5 else _varint(data, at)  # noqa: PLR2004 - wire types of fixed64 and fixed32
        fields.append((tag, data[at : at + length]))
        at += length
    return fields


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 - the high bit says that more follows
            return value, at


def _signed(raw: int | bytes) -> object:
    return raw - (1 << 64) if isinstance(raw, int) and raw >= 1 << 63 else raw


def _all(fields: _Fields, tag: int) -> Iterator[bytes]:
    return (raw for number, raw in fields if number == tag and isinstance(raw, bytes))


def _one(fields: _Fields, tag: int) -> bytes:
    return next(_all(fields, tag), b"")


def _text(fields: _Fields, tag: int) -> str:
    return _one(fields, tag).decode()


def _integer(fields: _Fields, tag: int) -> int:
    return next((raw for number, raw in fields if number == tag and isinstance(raw, int)), 0)
