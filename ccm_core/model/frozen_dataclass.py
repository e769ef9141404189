"""Defines the frozen dataclasses of the host, of which a command imports some hundred.

The standard library writes the source of six methods of each class and compiles it, a quarter of
what a command executes until it has started. Five of them are the same for all classes but for the
names of the fields, and are closures here; only ``__init__`` is compiled. See ADR 0061.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

_FACTORY = object()
"""The default of a parameter whose value a factory makes."""


def _dataclass(
    cls: type[Any] | None = None, /, *, frozen: bool = False, slots: bool = False, **options: bool
) -> Any:
    """Return a class as ``dataclasses.dataclass`` does, quickly where it is frozen and has slots.

    It takes that decorator's options. What is ordered, or derived from another dataclass, is left
    to it.
    """
    if cls is None:
        return lambda decorated: _dataclass(decorated, frozen=frozen, slots=slots, **options)
    is_derived = any(map(dataclasses.is_dataclass, cls.__mro__[1:]))
    if not (frozen and slots) or is_derived or options.keys() - {"kw_only"}:
        return dataclasses.dataclass(frozen=frozen, slots=slots, **options)(cls)
    written = {name for name, value in vars(cls).items() if value is not None}
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, **options)(cls)
    for name in ("init", "repr", "eq", "frozen"):  # what is true of it from here on
        setattr(made.__dataclass_params__, name, True)
    for name, method in _methods(made).items():
        if name not in written:
            method.__name__ = name
            method.__qualname__ = f"{made.__qualname__}.{name}"
            method.__module__ = made.__module__
            setattr(made, name, method)
    return made


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - so that it may be imported
else:
    dataclass = _dataclass


def _methods(cls: type[Any]) -> Mapping[str, Any]:
    """Return the methods of a dataclass by their names."""
    fields = dataclasses.fields(cls)
    names = [field.name for field in fields]
    compared = [field.name for field in fields if field.compare]
    hashed = [
        field.name for field in fields if (field.compare if field.hash is None else field.hash)
    ]
    return {
        "__init__": _init(cls, fields),
        "__repr__": _repr([field.name for field in fields if field.repr]),
        "__eq__": _eq(_values(compared)),
        "__hash__": _hash(_values(hashed)),
        "__setattr__": _setattr(cls, frozenset(names)),
        "__delattr__": _delattr(cls, frozenset(names)),
        "__getstate__": _getstate(_values(names)),
        "__setstate__": _setstate([getattr(cls, name).__set__ for name in names]),
    }


def _values(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads some attributes of an instance."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda instance: tuple(getattr(instance, name) for name in names)


def _init(cls: type[Any], fields: Sequence[Field[Any]]) -> Any:
    """Compile what sets every field through its slot."""
    names: dict[str, Any] = {"__FACTORY": _FACTORY}
    lines: list[str] = []
    for field in fields:
        name = field.name
        names[f"__set_{name}"] = getattr(cls, name).__set__
        names[f"__default_{name}"] = field.default
        value = name if field.init else f"__default_{name}"
        if field.default_factory is not MISSING:
            made = f"__make_{name}()"
            names[f"__make_{name}"] = field.default_factory
            value = f"{made} if {name} is __FACTORY else {name}" if field.init else made
        elif not field.init and field.default is MISSING:
            continue
        lines.append(f"__set_{name}(self, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    signature = ", ".join(["self", *_parameters(fields)])
    source = "\n    ".join([f"def __init__({signature}):", *(lines or ["pass"])])
    exec(source, names)  # noqa: S102 - made of the names of fields alone
    return names["__init__"]


def _parameters(fields: Sequence[Field[Any]]) -> Sequence[str]:
    """Return the parameters of ``__init__``, those that have no name in a call first."""
    positional = [_parameter(field) for field in fields if field.init and not field.kw_only]
    named = [_parameter(field) for field in fields if field.init and field.kw_only]
    return [*positional, "*", *named] if named else positional


def _parameter(field: Field[Any]) -> str:
    if field.default_factory is not MISSING:
        return f"{field.name}=__FACTORY"
    return field.name if field.default is MISSING else f"{field.name}=__default_{field.name}"


def _repr(names: Sequence[str]) -> Any:
    @recursive_repr("...")
    def show(self: Any) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{self.__class__.__qualname__}({values})"

    return show


def _eq(values: Callable[[Any], tuple[Any, ...]]) -> Any:
    def equal(self: Any, other: Any) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return values(self) == values(other)

    return equal


def _hash(values: Callable[[Any], tuple[Any, ...]]) -> Any:
    def hash_values(self: Any) -> int:
        return hash(values(self))

    return hash_values


def _setattr(cls: type[Any], names: frozenset[str]) -> Any:
    def refuse_value(self: Any, name: str, value: Any) -> None:
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    return refuse_value


def _delattr(cls: type[Any], names: frozenset[str]) -> Any:
    def refuse_deletion(self: Any, name: str) -> None:
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    return refuse_deletion


def _getstate(values: Callable[[Any], tuple[Any, ...]]) -> Any:
    def state(self: Any) -> list[Any]:
        return list(values(self))

    return state


def _setstate(setters: Sequence[Callable[[Any, Any], None]]) -> Any:
    def restore(self: Any, state: list[Any]) -> None:
        for setter, value in zip(setters, state, strict=True):
            setter(self, value)

    return restore
