"""JSON values that cannot be changed: they are shared by everybody who reads them.

A frozen object or array is a ``dict`` or ``list`` for all who read it; each way of changing it in
place raises :class:`TypeError`. Copies of it (``dict(body)``, ``copy.deepcopy(body)``) are ordinary
values that may be changed.
"""

from __future__ import annotations

from operator import is_
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

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

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

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

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
        members: FrozenDict[str, Any] = FrozenDict(value)
        for name, child in value.items():
            if child.__class__ not in SCALARS:
                dict.__setitem__(members, name, frozen(child))
        return members
    if kind is list or kind is tuple:
        elements: FrozenList[Any] = FrozenList(value)
        for index, child in enumerate(value):
            if child.__class__ not in SCALARS:
                list.__setitem__(elements, index, frozen(child))
        return elements
    return value


def thawed(value: Any) -> Any:
    """Return a JSON value as ordinary objects and arrays, which belong to the caller."""
    if isinstance(value, dict):
        return {name: thawed(child) for name, child in value.items()}
    if isinstance(value, list):
        return [thawed(child) for child in value]
    return value


class Thawing:
    """Returns ordinary values for frozen ones, the same one wherever the same one is frozen.

    What is shared by the frozen values stays shared, so that it takes little memory; whoever
    changes it changes no frozen value.
    """

    def __init__(self) -> None:
        """Start without any value."""
        self._thawed: dict[int, tuple[Any, Any]] = {}
        """By the identity of a frozen value, which is kept so that the identity stays its own."""

    def body(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return an object without anything frozen in it; itself where there is nothing."""
        changed: dict[str, Any] = {}
        for name, child in body.items():
            if child.__class__ not in SCALARS and (plain := self._plain(child)) is not child:
                changed[name] = plain
        return {**body, **changed} if changed or body.__class__ is FrozenDict else body

    def _plain(self, value: Any) -> Any:
        kind = value.__class__
        if kind is dict:
            return self.body(value)
        if kind is list:
            children = [
                child if child.__class__ in SCALARS else self._plain(child) for child in value
            ]
            same = all(map(is_, children, value))
            return value if same else children
        if kind is not FrozenDict and kind is not FrozenList:
            return value
        known = self._thawed.get(id(value))
        if known is None:
            known = self._thawed[id(value)] = (value, self._copied(value))
        return known[1]

    def _copied(self, value: Any) -> Any:
        if value.__class__ is FrozenDict:
            return self.body(value)
        return [child if child.__class__ in SCALARS else self._plain(child) for child in value]
