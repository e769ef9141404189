"""Parameters of a pack: what may be written, what conditions see, how loose a value is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ccm_core.documents.error_phrases import found
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.timestamps import parse_duration

_ORDERED = {"duration", "integer", "number"}


def read_value(kind: str, written: Any) -> Any:
    """Give what conditions see for a value as it was written: a duration is whole seconds.

    Raises:
        ValueError: It is no value of that type; says what was found and wanted.
    """
    if (reader := _READERS.get(kind)) is None:
        raise ValueError(f"unknown type {kind}")
    return reader(written)


def looser_than(kind: str, value: Any, bounds: JsonObject, effective: Any) -> str | None:
    """Say how a value is looser than the bounds of a control allow, where it is.

    Args:
        kind: The parameter's type.
        value: What conditions see.
        bounds: ``at_most``, ``at_least`` and ``equals``, as written.
        effective: The value as it was written, for the message.
    """
    words = {"at_most": "at most", "at_least": "at least", "equals": "exactly"}
    broken = [
        f"{words[bound]} {written}"
        for bound, written in sorted(bounds.items())
        if not _HOLDS[bound](value, read_value(kind, written))
    ]
    return f"is {effective}, the control allows {' and '.join(broken)}" if broken else None


def bound_mistake(kind: str, bound: str, written: Any) -> str | None:
    """Say what is wrong with a bound on a parameter of a type, where something is."""
    if bound != "equals" and kind not in _ORDERED:
        return f"a parameter of type {kind} has no {bound}; use equals"
    try:
        read_value(kind, written)
    except ValueError as cause:
        return str(cause)
    return None


_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "at_most": lambda value, bound: value <= bound,
    "at_least": lambda value, bound: value >= bound,
    "equals": lambda value, bound: value == bound,
}


def _duration(written: Any) -> int:
    text: str = _of_type(str, "a duration such as 15m")(written)
    seconds = parse_duration(text).total_seconds()
    if seconds != int(seconds):
        raise ValueError(f"wanted a duration in whole seconds; found {found(written)}")
    return int(seconds)


def _number(written: Any) -> float:
    return float(_of_type((int, float), "a number")(written))


def _of_type(shape: type | tuple[type, ...], wanted: str) -> Callable[[Any], Any]:
    def read(written: Any) -> Any:
        # Python takes true for a number; people do not.
        odd = isinstance(written, bool) and shape is not bool
        if odd or not isinstance(written, shape):
            raise ValueError(f"wanted {wanted}; found {found(written)}")
        return written

    return read


_READERS: dict[str, Callable[[Any], Any]] = {
    "duration": _duration,
    "integer": _of_type(int, "a whole number"),
    "number": _number,
    "string": _of_type(str, "a text"),
    "boolean": _of_type(bool, "true or false"),
    "list": _of_type(list, "a list"),
    "condition": _of_type(str, "a condition in CEL"),
}
