"""Reads the values of parameters and compares them with what a control requires."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ccm_core.documents.error_phrases import actual_value as describe
from ccm_core.model.clock import read_weekly_hours
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.timestamps import parse_duration

_ORDERED = {"duration", "integer", "number"}


def read_value(kind: str, raw: Any) -> Any:
    """Return what conditions see for a value as written: a duration is whole seconds.

    Raises:
        ValueError: It is no value of that type; names what was expected and what was got.
    """
    if (reader := _READERS.get(kind)) is None:
        raise ValueError(f"unknown type {kind}")
    return reader(raw)


def looser_than(kind: str, value: Any, bounds: JsonObject, effective: Any) -> str | None:
    """Return how a value is looser than the bounds of a control allow; None where it is not.

    Args:
        kind: The parameter's type.
        value: What conditions see.
        bounds: ``at_most``, ``at_least`` and ``equals``, as written.
        effective: The value as it was written, for the message.
    """
    phrases = {"at_most": "at most", "at_least": "at least", "equals": "exactly"}
    violated = [
        f"{phrases[bound]} {limit}"
        for bound, limit in sorted(bounds.items())
        if not _COMPARISONS[bound](value, read_value(kind, limit))
    ]
    return f"is {effective}, the control allows {' and '.join(violated)}" if violated else None


def bound_mistake(kind: str, bound: str, raw: Any) -> str | None:
    """Return what is wrong with a bound on a parameter of a type; None where nothing is."""
    if bound != "equals" and kind not in _ORDERED:
        return f"a parameter of type {kind} has no {bound}; use equals"
    try:
        read_value(kind, raw)
    except ValueError as cause:
        return str(cause)
    return None


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "at_most": lambda value, bound: value <= bound,
    "at_least": lambda value, bound: value >= bound,
    "equals": lambda value, bound: value == bound,
}


def _duration(raw: Any) -> int:
    text: str = _of_type(str, "a duration such as 15m")(raw)
    seconds = parse_duration(text).total_seconds()
    if seconds != int(seconds):
        raise ValueError(f"expected a duration in whole seconds, got {describe(raw)}")
    return int(seconds)


def _number(raw: Any) -> float:
    return float(_of_type((int, float), "a number")(raw))


def _of_type(types: type | tuple[type, ...], expected: str) -> Callable[[Any], Any]:
    def read(raw: Any) -> Any:
        # To Python true is a number, to people it is not.
        is_odd = isinstance(raw, bool) and types is not bool
        if is_odd or not isinstance(raw, types):
            raise ValueError(f"expected {expected}, got {describe(raw)}")
        return raw

    return read


def _weekly_hours(raw: Any) -> str:
    text: str = _of_type(str, "hours such as Mon-Fri 09:00-17:00 Europe/Berlin")(raw)
    read_weekly_hours(text)
    return text


_READERS: dict[str, Callable[[Any], Any]] = {
    "duration": _duration,
    "integer": _of_type(int, "a whole number"),
    "number": _number,
    "string": _of_type(str, "a text"),
    "boolean": _of_type(bool, "true or false"),
    "list": _of_type(list, "a list"),
    "condition": _of_type(str, "a condition in CEL"),
    "weekly_hours": _weekly_hours,
}
