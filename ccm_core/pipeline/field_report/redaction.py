"""Bodies of records without anything of an account: what is not allowed is renamed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ccm_core.model.string_formats import is_date_time
from ccm_core.model.time_zones import time_zone
from ccm_core.pipeline.field_report.field_spec import NOTHING_KNOWN, FieldSpec
from ccm_core.pipeline.field_report.renames import Renames
from ccm_core.pipeline.field_report.words import is_word

_TIME_OF_DAY = re.compile(
    r"([01][0-9]|2[0-4]):[0-5][0-9](:[0-5][0-9])?(Z|[+-][0-9]{2}:[0-5][0-9])?"
)
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?")
_FIRST_LARGE_NUMBER = 10**8
"""Numbers from here on are no durations and no counts: a phone number, an id, a Unix time."""
_MOST_ITEMS = 100


def redacted(value: Any, spec: FieldSpec, renames: Renames) -> Any:
    """Return a body without anything of an account.

    What stays: fields that the schema names; truth values, null, numbers that are small; words of a
    vocabulary; names of time zones. Instants move with the report. Every other text is renamed,
    alike where it is alike. Of a list, the first hundred items stay.
    """
    if isinstance(value, dict):
        fields = spec.properties
        return {
            name: redacted(child, fields[name], renames)
            for name, child in value.items()
            if name in fields
        }
    if isinstance(value, list):
        items = spec.items or NOTHING_KNOWN
        return [redacted(entry, items, renames) for entry in value[:_MOST_ITEMS]]
    if isinstance(value, str):
        return _text(value, spec, renames)
    if isinstance(value, bool) or value is None:
        return value
    identifies = spec.identifies or abs(value) >= _FIRST_LARGE_NUMBER
    return renames.number(value) if identifies else value


def features(value: Any, spec: FieldSpec, path: str = "") -> Iterator[str]:
    """Yield each field of a body with the type, or the word, that it has: together its shape."""
    if isinstance(value, dict):
        for name in value.keys() & spec.properties.keys():
            yield from features(value[name], spec.properties[name], f"{path}.{name}")
        return
    yield f"{path} {_type(value, spec)}"
    if isinstance(value, list):
        for entry in value[:_MOST_ITEMS]:
            yield from features(entry, spec.items or NOTHING_KNOWN, f"{path}[]")


def _text(text: str, spec: FieldSpec, renames: Renames) -> str:
    if _is_known(text, spec):
        return text
    if spec.times and (is_date_time(text) or _LOCAL_TIME.fullmatch(text)):
        try:
            return renames.instant(text)
        except (ValueError, OverflowError):
            pass  # a year that no calendar has
    return renames.text(text)


def _is_known(text: str, spec: FieldSpec) -> bool:
    """Whether a text is the same in many accounts, and says nothing of one."""
    return (
        text in spec.listed
        or (spec.words and is_word(text))
        or (spec.times and _TIME_OF_DAY.fullmatch(text) is not None)
        or (spec.time_zones and _is_time_zone(text))
    )


def _is_time_zone(text: str) -> bool:
    try:
        time_zone(text)
    except ValueError:
        return False
    return True


def _type(value: Any, spec: FieldSpec) -> str:
    if isinstance(value, list):
        return "array" if value else "empty array"
    if not isinstance(value, str):
        return type(value).__name__
    if spec.times or spec.time_zones:
        return f"{'known' if _is_known(value, spec) or is_date_time(value) else 'unknown'} time"
    return f"={value}" if _is_known(value, spec) else "empty text" if not value else "text"
