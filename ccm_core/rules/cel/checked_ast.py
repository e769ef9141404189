"""The checked form of a CEL expression as a small tree, to see what a condition reads.

The runtime hands out a checked expression only as ``cel.expr.CheckedExpr`` in the protocol-buffer
wire format (google/cel-spec, ``proto/cel/expr/checked.proto`` and ``syntax.proto``). The few fields
that matter here are read straight from the wire, so that no protocol-buffer library is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field
from typing import TypeAlias

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict

FieldPath: TypeAlias = tuple[str, ...]
"""A root name and the keys below it; ``[]`` stands for any element of a list."""

ELEMENT = "[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class CelNode:
    """One node of an expression."""

    id: int
    form: str
    """``constant``, ``name``, ``select``, ``call``, ``list``, ``struct`` or ``comprehension``."""
    name: str = ""
    """Of the variable, the key selected, or the function called."""
    value: object = None
    """Of a constant; True of a key that is only tested for presence."""
    operands: tuple[CelNode, ...] = ()
    """The operands, in the order of the source; a method's target comes first."""
    variables: tuple[str, str] = ("", "")
    """Of a comprehension: the name of an element and the name of the accumulator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedExpression:
    """A checked expression and the offsets of its nodes."""

    root: CelNode
    offsets: Mapping[int, int] = field(default_factory=FrozenDict)
    """Code points from the start of the text, by node id."""

    def nodes(self) -> Iterator[CelNode]:
        """Yield every node, parents first."""
        pending = [self.root]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(node.operands))

    def start(self, node: CelNode) -> int:
        """Return where a path begins: its node's position is that of its last dot or bracket."""
        while node.form in {"select", "call"} and node.operands:
            node = node.operands[0]
        return self.offsets.get(node.id, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRead:
    """A path that an expression reads, and its offset in the text."""

    path: FieldPath
    offset: int


def decode(serialized: bytes, *, bound: int = 0, skipped: int = 0) -> CheckedExpression:
    """Decode the bytes that the runtime's ``serialize()`` returns.

    Args:
        serialized: The bytes.
        bound: How many ``cel.bind`` are around the expression that is meant.
        skipped: How many code points of the text are before that expression.
    """
    checked = _parse_fields(_first(_parse_fields(serialized), _EXPRESSION), _PARTS)
    root = _first(checked, 4)
    for _ in range(bound):
        root = _first(_parse_fields(_first(_parse_fields(root), _COMPREHENSION)), _RESULT)
    offsets = _positions(_first(checked, 5))
    if skipped:
        offsets = {node: offset - skipped for node, offset in offsets.items() if offset >= skipped}
    return CheckedExpression(root=_node(root), offsets=FrozenDict(offsets))


def read_paths(
    tree: CheckedExpression, scope: Mapping[str, FieldPath] | None = None
) -> tuple[PathRead, ...]:
    """Return the paths an expression reads, in the order of its text.

    Args:
        tree: The expression.
        scope: What a name stands for where it is short for a path (a ``let``).
    """
    collected: list[PathRead] = []
    _collect(tree.root, dict(scope or {}), tree, collected)
    rooted = (read for read in collected if read.path[0])
    return tuple(sorted(rooted, key=lambda read: (read.offset, read.path)))


def path_of(node: CelNode, scope: Mapping[str, FieldPath] | None = None) -> FieldPath | None:
    """Return the path that a node is; None where it is no path."""
    scope = scope or {}
    if node.form == "name":
        return scope.get(node.name) or tuple(node.name.split("."))
    if node.form == "select":
        base = path_of(node.operands[0], scope)
        return (*base, node.name) if base else None
    if node.form == "call" and node.name in {"_[_]", "_?._", "_[?_]"}:
        base, step = path_of(node.operands[0], scope), node.operands[1]
        return (*base, step.value if isinstance(step.value, str) else ELEMENT) if base else None
    return None


def is_filter(node: CelNode) -> bool:
    """Return whether a node is a ``filter``: a loop that keeps elements as they are."""
    if node.form != "comprehension":
        return False
    element, accumulator = node.variables
    step = node.operands[3]
    if step.form != "call" or step.name != "_?_:_":
        return False
    kept, left_out = step.operands[1:]
    if kept.form != "call" or kept.name != "_+_" or left_out.name != accumulator:
        return False
    before, added = kept.operands
    names = [(part.form, part.name) for part in added.operands]
    return before.name == accumulator and added.form == "list" and names == [("name", element)]


def dotted(path: FieldPath) -> str:
    """Write a path the way people do: ``users[].name``."""
    return ".".join(path).replace(f".{ELEMENT}", ELEMENT)


def _collect(
    node: CelNode, scope: dict[str, FieldPath], tree: CheckedExpression, collected: list[PathRead]
) -> None:
    path = path_of(node, scope)
    if path is not None:
        collected.append(PathRead(path=path, offset=tree.start(node)))
        _collect_indexes(node, scope, tree, collected)
        return
    inner = scope | bound_paths(node, scope) if node.form == "comprehension" else scope
    for index, operand in enumerate(node.operands):
        # What a comprehension runs over and starts from does not see its variables.
        _collect(operand, scope if index < _OUTSIDE else inner, tree, collected)


_OUTSIDE = 2


def _collect_indexes(
    node: CelNode, scope: dict[str, FieldPath], tree: CheckedExpression, collected: list[PathRead]
) -> None:
    """Collect what stands in square brackets, which is read too."""
    if node.form == "call":
        _collect(node.operands[1], scope, tree, collected)
    if node.form != "name":
        _collect_indexes(node.operands[0], scope, tree, collected)


def bound_paths(node: CelNode, scope: Mapping[str, FieldPath]) -> dict[str, FieldPath]:
    """Return the paths of a comprehension's variables; an empty root where one has no path."""
    element, accumulator = node.variables
    span, start = (path_of(operand, scope) for operand in node.operands[:2])
    return {
        element: (*span, ELEMENT) if span else ("",),
        accumulator: start or ("",),
    }


# -- the wire ---------------------------------------------------------------------------------

_Fields: TypeAlias = Sequence[tuple[int, "int | bytes"]]
_EXPRESSION, _COMPREHENSION, _RESULT, _TEST_ONLY = 2, 9, 7, 3
"""Tags of a program's expression, of the form of a node, of what a comprehension yields, and of
whether a key is only tested for presence."""
_PARTS = frozenset({4, 5})
"""Tags of the tree and of its positions. The others, types and references, are larger."""


def _node(data: bytes) -> CelNode:
    fields = _parse_fields(data)
    number = 0
    for tag, raw in fields:
        if tag == 2 and isinstance(raw, int):  # noqa: PLR2004 - the id
            number = raw
        elif isinstance(raw, bytes) and tag in _READERS:
            return _READERS[tag](number, _parse_fields(raw))
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
    return CelNode(id=number, form="name", name=_text(fields, 1))


def _select(number: int, fields: _Fields) -> CelNode:
    tested = any(tag == _TEST_ONLY and raw for tag, raw in fields)
    return CelNode(
        id=number,
        form="select",
        name=_text(fields, 2),
        value=True if tested else None,
        operands=(_node(_first(fields, 1)),),
    )


def _call(number: int, fields: _Fields) -> CelNode:
    operands = [_node(body) for tag in (1, 3) for body in _all(fields, tag)]
    return CelNode(id=number, form="call", name=_text(fields, 2), operands=tuple(operands))


def _list(number: int, fields: _Fields) -> CelNode:
    return CelNode(id=number, form="list", operands=tuple(_node(body) for body in _all(fields, 1)))


def _struct(number: int, fields: _Fields) -> CelNode:
    entries = [_parse_fields(body) for body in _all(fields, 2)]
    operands = [_node(body) for entry in entries for tag in (3, 4) for body in _all(entry, tag)]
    return CelNode(id=number, form="struct", operands=tuple(operands))


def _comprehension(number: int, fields: _Fields) -> CelNode:
    return CelNode(
        id=number,
        form="comprehension",
        operands=tuple(_node(_first(fields, tag)) for tag in (2, 4, 5, 6, _RESULT)),
        variables=(_text(fields, 1), _text(fields, 3)),
    )


_READERS = {
    3: _constant,
    4: _name,
    5: _select,
    6: _call,
    7: _list,
    8: _struct,
    _COMPREHENSION: _comprehension,
}


def _positions(data: bytes) -> dict[int, int]:
    positions: dict[int, int] = {}
    for _, raw in _parse_fields(data, frozenset({4})):
        if isinstance(raw, bytes):
            entry = dict(_parse_fields(raw))
            positions[_integer(entry.get(1))] = _integer(entry.get(2))
    return positions


def _parse_fields(data: bytes, wanted: AbstractSet[int] | None = None) -> _Fields:
    """Split a message into its fields: numbers for variable-length ones, bytes for the others.

    Nearly all numbers of an expression have one byte, so that those are read in place.

    Args:
        data: The message.
        wanted: The tags of the fields that are returned; None: all.
    """
    fields: list[tuple[int, int | bytes]] = []
    index, end = 0, len(data)
    while index < end:
        key, index = data[index], index + 1
        if key >= _MORE:
            key, index = _varint(data, index - 1)
        wire, tag = key & 7, key >> 3
        if wire in _FIXED:
            number = _FIXED[wire]
        else:
            number, index = data[index], index + 1
            if number >= _MORE:
                number, index = _varint(data, index - 1)
        stop = index + number if wire else index
        if wanted is None or tag in wanted:
            fields.append((tag, data[index:stop] if wire else number))
        index = stop
    return fields


_FIXED = {1: 8, 5: 4}
"""How many bytes the wire types fixed64 and fixed32 have."""
_MORE = 0x80
"""The high bit of a byte says that more of the number follow."""


def _varint(data: bytes, index: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[index]
        value |= (byte & 0x7F) << shift
        index, shift = index + 1, shift + 7
        if byte < _MORE:
            return value, index


def _signed(raw: int | bytes) -> object:
    return raw - (1 << 64) if isinstance(raw, int) and raw >= 1 << 63 else raw


def _all(fields: _Fields, tag: int) -> Iterator[bytes]:
    return (raw for number, raw in fields if number == tag and isinstance(raw, bytes))


def _first(fields: _Fields, tag: int) -> bytes:
    for number, raw in fields:
        if number == tag and isinstance(raw, bytes):
            return raw
    return b""


def _text(fields: _Fields, tag: int) -> str:
    return _first(fields, tag).decode()


def _integer(raw: int | bytes | None) -> int:
    return raw if isinstance(raw, int) else 0
