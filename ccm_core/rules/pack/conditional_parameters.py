"""Overrides of a parameter's value: for some keys, from a date on, or both.

Such a value is written as a default and the overrides of it::

    {value: 15m, overrides: [{from: 2026-07-01, value: 10m}, {for: [PABC123], value: 5m}]}

The last override that applies to a row wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from ccm_core.documents.error_phrases import actual_value as describe
from ccm_core.model.evaluation.rule import Parameter
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.checked_ast import FieldPath, dotted
from ccm_core.rules.cel.expression import NotEvaluable
from ccm_core.rules.pack.parameters import read_value, require_entries_like
from ccm_core.sdk.timestamps import format_instant, parse_instant

NEVER_VARY = {"list", "dates", "condition"}
"""Types of parameters whose value is the same for every row."""

_PATH = re.compile(r"row(\.[A-Za-z_][A-Za-z0-9_]*)+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_KEYS = {"value", "from", "for"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalValue:
    """A value, from when on it applies, and to which keys."""

    value: Any
    """As conditions see it."""
    raw: Any
    since: datetime | None = None
    """From when on it applies; None: always."""
    keys: frozenset[str] | None = None
    """To which keys it applies; None: to all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterOverrides:
    """The default of one parameter and the overrides of it."""

    name: str
    key_path: FieldPath
    """Below ``row``: the key that overrides are for; empty where none is for some keys."""
    date_path: FieldPath
    """Below ``row``: the instant that decides which date applies; empty where none has a date."""
    values: tuple[ConditionalValue, ...]
    """The default comes first."""

    def value_for(self, row: JsonObject) -> Any | NotEvaluable:
        """Return the value that applies to a row, or why it cannot be decided."""
        key = _follow(self.key_path, row) if self.key_path else None
        if isinstance(key, NotEvaluable):
            return self._undecided(key)
        date = _instant(self.date_path, row) if self.date_path else None
        if isinstance(date, NotEvaluable):
            return self._undecided(date)
        for override in reversed(self.values[1:]):
            started = override.since is None or (date is not None and date >= override.since)
            if started and (override.keys is None or str(key) in override.keys):
                return override.value
        return self.values[0].value

    def in_force(self, since: datetime | None) -> Iterator[ConditionalValue]:
        """Yield the values that may have applied to a row since a moment; None: at any time.

        A value for all keys ends every earlier one from its date on.
        """
        last = 0
        for index, override in enumerate(self.values):
            started = override.since is None or (since is not None and override.since <= since)
            if override.keys is None and started:
                last = index
        yield from self.values[last:]

    def _undecided(self, why: NotEvaluable) -> NotEvaluable:
        reason = f"{why.reason}, which decides params.{self.name}"
        return NotEvaluable(reason=reason, missing_key=why.missing_key, insufficient=True)


def row_path(text: str | None) -> FieldPath:
    """Read ``row.service.id`` as the path below ``row``; empty where there is no text.

    Raises:
        ValueError: It is no such path.
    """
    if text is None:
        return ()
    if not _PATH.fullmatch(text):
        raise ValueError(f"expected a path such as row.service.id, got {describe(text)}")
    return tuple(text.split(".")[1:])


def read_overrides(parameter: Parameter, raw: Any) -> tuple[ConditionalValue, ...]:
    """Read a parameter's value with the overrides of it; a plain value has none.

    Raises:
        ValueError: It is no value of that type; the message names the override.
    """
    if not isinstance(raw, dict) or parameter.type in NEVER_VARY:
        value = read_value(parameter.type, raw)
        if parameter.type == "list":
            require_entries_like(parameter.default, value)
        return (ConditionalValue(value=value, raw=raw),)
    if unknown := sorted(set(raw) - {"value", "overrides"}):
        raise ValueError(f"unknown key {describe(unknown[0])}; expected value and overrides")
    if "value" not in raw:
        raise ValueError('"value" is missing: the default where no override applies')
    overrides = raw.get("overrides", [])
    if not isinstance(overrides, list):
        raise ValueError(f"expected a list of overrides, {_got(overrides)}")  # noqa: TRY004 - the document is wrong, not the type
    default = ConditionalValue(value=read_value(parameter.type, raw["value"]), raw=raw["value"])
    return (
        default,
        *(_override(parameter, number, raw) for number, raw in enumerate(overrides, start=1)),
    )


def parameter_overrides(
    parameter: Parameter, values: Sequence[ConditionalValue]
) -> ParameterOverrides | None:
    """Return how the value is decided; None where it is the same for every row."""
    if len(values) < 2:  # noqa: PLR2004 - the default and one override
        return None
    has_keys = any(value.keys is not None for value in values)
    has_dates = any(value.since is not None for value in values)
    return ParameterOverrides(
        name=parameter.name,
        key_path=row_path(parameter.varies_by) if has_keys else (),
        date_path=row_path(parameter.dated_by) if has_dates else (),
        values=tuple(values),
    )


def _override(parameter: Parameter, number: int, raw: Any) -> ConditionalValue:
    name = f"override {number}"
    if not isinstance(raw, dict):
        raise ValueError(f"{name}: expected a mapping with value and from or for, {_got(raw)}")  # noqa: TRY004 - the document is wrong, not the type
    if unknown := sorted(set(raw) - _KEYS):
        raise ValueError(
            f"{name}: unknown key {describe(unknown[0])}; expected value, from and for"
        )
    if "value" not in raw:
        raise ValueError(f'{name}: "value" is missing')
    if not raw.keys() & {"from", "for"}:
        raise ValueError(f"{name}: expected from, for or both; else it replaces all above it")
    try:
        return ConditionalValue(
            value=read_value(parameter.type, raw["value"]),
            raw=raw["value"],
            since=_since(parameter, raw["from"]) if "from" in raw else None,
            keys=_keys(parameter, raw["for"]) if "for" in raw else None,
        )
    except ValueError as cause:
        raise ValueError(f"{name}: {cause}") from cause


def _since(parameter: Parameter, raw: Any) -> datetime:
    if parameter.dated_by is None:
        raise ValueError(f"{parameter.name} has no dated_by, so no value of it can start at a date")
    if not isinstance(raw, str):
        raise ValueError(f"expected a date such as 2026-07-01, {_got(raw)}")  # noqa: TRY004 - the document is wrong, not the type
    if _DATE.fullmatch(raw):
        return datetime.fromisoformat(raw).replace(tzinfo=UTC)
    return parse_instant(raw)


def _keys(parameter: Parameter, raw: Any) -> frozenset[str]:
    if parameter.varies_by is None:
        raise ValueError(
            f"{parameter.name} has no varies_by, so no value of it can be for some keys"
        )
    are_texts = isinstance(raw, list) and all(isinstance(key, str) for key in raw)
    if not are_texts or not raw:
        raise ValueError(f"expected a list of keys as texts, {_got(raw)}")
    return frozenset(raw)


def _got(raw: Any) -> str:
    return f"got {describe(raw)}"


def _follow(path: FieldPath, row: JsonObject) -> Any | NotEvaluable:
    """Return the value at a path; None where null is on the way or at its end."""
    value: Any = row
    for depth, step in enumerate(path):
        if value is None:
            return None
        if not isinstance(value, dict) or step not in value:
            name = dotted(path[: depth + 1])
            return NotEvaluable(reason=f"row has no `{name}`", missing_key=name, insufficient=True)
        value = value[step]
    return value


def _instant(path: FieldPath, row: JsonObject) -> datetime | NotEvaluable:
    raw = _follow(path, row)
    if isinstance(raw, NotEvaluable):
        return raw
    try:
        return parse_instant(raw)
    except (TypeError, ValueError):
        name = dotted(path)
        return NotEvaluable(reason=f"`row.{name}` is not an instant", insufficient=True)


def describe_override(override: ConditionalValue, effective: Any) -> str:
    """Describe a value, with what it applies to where it is one of several."""
    if not isinstance(effective, dict):
        return str(override.raw)
    since = f" from {format_instant(override.since)}" if override.since else ""
    keys = f" for {', '.join(sorted(override.keys))}" if override.keys else ""
    return f"{override.raw}{since}{keys}"
