"""JSON values that cannot be changed: they are shared by everybody who reads them.

A frozen object or array is a ``dict`` or ``list`` for all who read it; each way of changing it in
place raises :class:`TypeError`. Copies of it (``dict(body)``, ``copy.deepcopy(body)``) are ordinary
values that may be changed.
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

SCALARS = frozenset({str, int, float, bool, type(None)})
"""The types of JSON values that cannot be changed anyway."""
_MESSAGE = "it is shared and cannot be changed; change a copy of it: copy.deepcopy(...)"


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError(_MESSAGE)


class FrozenDict(dict[Key, Value]):
    """A JSON object that cannot be changed."""

    __slots__ = ()

    __setitem__ = __delitem__ = __ior__ = _refuse  # type: ignore[assignment]
    clear = pop = popitem = setdefault = update = _refuse  # type: ignore[assignment]

    def __copy__(self) -> dict[Key, Value]:
        """Return an ordinary object with the same members."""
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """Return an ordinary object without anything frozen in it."""
        return thawed(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Be pickled as an ordinary object."""
        return (dict, (dict(self),))


class FrozenList(list[Value]):
    """A JSON array that cannot be changed."""

    __slots__ = ()

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse  # type: ignore[assignment]
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse  # type: ignore[assignment]

    def __copy__(self) -> list[Value]:
        """Return an ordinary array with the same elements."""
        return list(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """Return an ordinary array without anything frozen in it."""
        return thawed(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Be pickled as an ordinary array."""
        return (list, (list(self),))


def frozen(value: Any) -> Any:
    """Return a JSON value whose objects and arrays cannot be changed, all the way down."""
    kind = value.__class__
    if kind is dict:
        return FrozenDict(
            {
                name: child if child.__class__ in SCALARS else frozen(child)
                for name, child in value.items()
            }
        )
    if kind is list or kind is tuple:
        return FrozenList(
            [child if child.__class__ in SCALARS else frozen(child) for child in value]
        )
    return value


def thawed(value: Any) -> Any:
    """Return a JSON value as ordinary objects and arrays, which belong to the caller."""
    if isinstance(value, dict):
        return {name: thawed(child) for name, child in value.items()}
    if isinstance(value, list):
        return [thawed(child) for child in value]
    return value


def with_plain_arrays(value: Any) -> Any:
    """Return a JSON value without frozen arrays, which CEL does not read; objects stay as they are.

    Arrays are copied, and the objects around them; everything else is shared.
    """
    kind = value.__class__
    if kind is FrozenList:
        return [
            child if child.__class__ in SCALARS else with_plain_arrays(child) for child in value
        ]
    if kind is FrozenDict or kind is dict:
        changed = {
            name: plain
            for name, child in value.items()
            if child.__class__ not in SCALARS and (plain := with_plain_arrays(child)) is not child
        }
        return kind({**value, **changed}) if changed else value
    if kind is list:
        plain_children = [
            child if child.__class__ in SCALARS else with_plain_arrays(child) for child in value
        ]
        same = all(plain is child for plain, child in zip(plain_children, value, strict=True))
        return value if same else plain_children
    return value
