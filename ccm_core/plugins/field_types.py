"""The types of what a plugin offers: a text where several are expected is taken for its letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import timedelta
from typing import Any

from ccm_core.plugins.catalog import Offers
from ccm_core.sdk.types import AuthMethod, Collector, ObjectHistory, Shape


def require_field_types(offers: Offers) -> None:
    """Require the declared type of every field that the host relies on.

    Raises:
        TypeError: A field has another one; the message has all of them.
    """
    if problems := list(_problems(offers)):
        raise TypeError("; ".join(problems))


def _problems(offers: Offers) -> Iterator[str]:
    several = (
        offers.connectors,
        offers.kinds,
        offers.views,
        offers.packs,
        offers.sections,
        offers.page_simulations,
    )
    for offer in (offer for category in several for offer in category):
        yield from _field_problems(offer, f"{type(offer).__name__} {offer.name}")
    for connector in offers.connectors:
        owner = f"Connector {connector.name}"
        for name, expected in (("collectors", Collector), ("auth_methods", AuthMethod)):
            parts = getattr(connector, name)
            if not _is_tuple_of(parts, expected):
                yield f"{owner} has {name} that are not a tuple of {expected.__name__}"
                continue
            for part in parts:
                yield from _field_problems(part, f"{owner}, {_label(part)}")


def _field_problems(offer: Any, owner: str) -> Iterator[str]:
    for field in fields(offer):
        annotation = str(field.type)
        value = getattr(offer, field.name)
        is_right = _CHECKS.get(annotation) or (callable if annotation in _CALLABLES else None)
        if is_right is not None and not is_right(value):
            expected = _EXPECTED.get(annotation, annotation)
            got = type(value).__name__
            yield f"{owner} has {field.name} of type {got}; expected {expected}"


def _label(part: Collector | AuthMethod) -> str:
    if isinstance(part, Collector):
        return f"Collector of {part.kind}"
    return f"AuthMethod {part.name}"


def _is_tuple_of(value: Any, expected: type[Any]) -> bool:
    return isinstance(value, tuple) and all(isinstance(entry, expected) for entry in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "str": _is_text,
    "str | None": lambda value: value is None or _is_text(value),
    "tuple[str, ...]": lambda value: _is_tuple_of(value, str),
    "int": _is_whole_number,
    "ObjectHistory | None": lambda value: value is None or isinstance(value, ObjectHistory),
    "Shape": lambda value: isinstance(value, Shape),
    "timedelta": lambda value: isinstance(value, timedelta),
    "timedelta | None": lambda value: value is None or isinstance(value, timedelta),
}
"""By annotation, whether a value is of that type."""
_CALLABLES = {"SchemaLoader", "Collect"}
_EXPECTED = {"tuple[str, ...]": "a tuple of texts"} | dict.fromkeys(_CALLABLES, "a function")
