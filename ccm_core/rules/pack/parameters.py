"""Reads the values of parameters and compares them with what a control requires."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ccm_core.documents.error_phrases import actual_value as describe
from ccm_core.model.clock import read_date, read_weekly_hours
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


def require_entries_like(default: Any, entries: Any) -> None:
    """Check that the entries of a list are of the types of its default; texts where it is empty.

    Raises:
        ValueError: One of them is of another type; names what was expected and what was got.
    """
    types = {*map(_entry_type, default if isinstance(default, list) else ())} or {"texts"}
    for entry in entries:
        if _entry_type(entry) not in types:
            is_plain = types == {"texts"} and not isinstance(entry, list | dict | None)
            advice = "; write it in quotes" if is_plain else ""
            expected = " or ".join(sorted(types))
            raise ValueError(f"expected a list of {expected}, got {describe(entry)}{advice}")


def _entry_type(entry: Any) -> str:
    match entry:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "numbers"
        case str():
            return "texts"
        case list():
            return "lists"
        case _:
            return "mappings"


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
    if seconds < 0:
        raise ValueError(f"expected a duration of nothing or more, got {describe(raw)}")
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


def _dates(raw: Any) -> list[str]:
    dates: list[str] = _of_type(list, "a list of dates such as 2026-12-25")(raw)
    if mistakes := [describe(text) for text in dates if not _is_date(text)]:
        *others, last = mistakes
        listed = f"{', '.join(others)} and {last}" if others else last
        raise ValueError(f"expected dates such as 2026-12-25, got {listed}")
    return dates


def _is_date(text: Any) -> bool:
    try:
        read_date(text)
    except ValueError:
        return False
    return True


_READERS: dict[str, Callable[[Any], Any]] = {
    "duration": _duration,
    "integer": _of_type(int, "a whole number"),
    "number": _number,
    "string": _of_type(str, "a text"),
    "boolean": _of_type(bool, "true or false"),
    "list": _of_type(list, "a list"),
    "dates": _dates,
    "condition": _of_type(str, "a condition in CEL"),
    "weekly_hours": _weekly_hours,
}
