"""Parameters whose value depends on the row: another one for some keys, another one since a date.

A value that varies is written as what holds otherwise and the changes to it::

    {value: 15m, changes: [{from: 2026-07-01, value: 10m}, {for: [PABC123], value: 5m}]}

The last change that applies to a row counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ccm_core.documents.error_phrases import found
from ccm_core.model.evaluation.rule import Parameter
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.ast import Path, dotted
from ccm_core.rules.cel.runtime import NotEvaluable
from ccm_core.rules.pack.parameters import read_value
from ccm_core.sdk.timestamps import format_instant, parse_instant

NEVER_VARY = {"list", "condition"}
"""Types of parameters whose value is the same for every row."""

_PATH = re.compile(r"row(\.[A-Za-z_][A-Za-z0-9_]*)+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_KEYS = {"value", "from", "for"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalValue:
    """One entry of a value's changes."""

    value: Any
    """As conditions see it."""
    written: Any
    since: datetime | None = None
    """From when on it holds; None: it always did."""
    keys: frozenset[str] | None = None
    """For which keys; None: for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterOverrides:
    """How the value of one parameter is chosen for a row."""

    name: str
    by: Path
    """Below ``row``: the key that changes are for; empty where none is for some keys."""
    at: Path
    """Below ``row``: the instant that decides which date applies; empty where none has a date."""
    changes: tuple[ConditionalValue, ...]
    """What holds otherwise comes first."""

    def pick(self, row: JsonObject) -> Any | NotEvaluable:
        """Give the value that counts for a row, or why it cannot be told."""
        key = _follow(self.by, row) if self.by else None
        if isinstance(key, NotEvaluable):
            return self._unchosen(key)
        at = _instant(self.at, row) if self.at else None
        if isinstance(at, NotEvaluable):
            return self._unchosen(at)
        for change in reversed(self.changes[1:]):
            dated = change.since is None or (at is not None and at >= change.since)
            if dated and (change.keys is None or str(key) in change.keys):
                return change.value
        return self.changes[0].value

    def in_force(self, since: datetime | None) -> Iterator[ConditionalValue]:
        """Give what may have counted for a row since a moment; None: at any time.

        A value for all keys puts an end to every earlier one from its date on.
        """
        last = 0
        for place, change in enumerate(self.changes):
            began = change.since is None or (since is not None and change.since <= since)
            if change.keys is None and began:
                last = place
        yield from self.changes[last:]

    def _unchosen(self, why: NotEvaluable) -> NotEvaluable:
        reason = f"{why.reason}, by which params.{self.name} is chosen"
        return NotEvaluable(reason=reason, missing_key=why.missing_key, insufficient=True)


def row_path(written: str | None) -> Path:
    """Read ``row.service.id`` as the path below ``row``; empty where nothing is written.

    Raises:
        ValueError: It is no such path.
    """
    if written is None:
        return ()
    if not _PATH.fullmatch(written):
        raise ValueError(f"wanted a path such as row.service.id; found {found(written)}")
    return tuple(written.split(".")[1:])


def read_overrides(one: Parameter, written: Any) -> tuple[ConditionalValue, ...]:
    """Read a parameter's value with its changes; a plain value has none.

    Raises:
        ValueError: It is no value of that type; says which change, what was found and wanted.
    """
    if not isinstance(written, dict) or one.type in NEVER_VARY:
        return (ConditionalValue(value=read_value(one.type, written), written=written),)
    if unknown := sorted(set(written) - {"value", "changes"}):
        raise ValueError(f"unknown key {found(unknown[0])}; wanted value and changes")
    if "value" not in written:
        raise ValueError('"value" is missing: what holds where no change applies')
    changes = written.get("changes", [])
    if not isinstance(changes, list):
        raise ValueError(f"wanted a list of changes; {_found(changes)}")  # noqa: TRY004 - the document is wrong, not the type
    otherwise = ConditionalValue(value=read_value(one.type, written["value"]), written=written["value"])
    return (otherwise, *(_change(one, n, raw) for n, raw in enumerate(changes, start=1)))


def parameter_overrides(one: Parameter, changes: Sequence[ConditionalValue]) -> ParameterOverrides | None:
    """Tell how the value is chosen; None where it is the same for every row."""
    if len(changes) < 2:  # noqa: PLR2004 - what holds otherwise and one change
        return None
    return ParameterOverrides(
        name=one.name,
        by=row_path(one.varies_by) if any(change.keys is not None for change in changes) else (),
        at=row_path(one.dated_by) if any(change.since is not None for change in changes) else (),
        changes=tuple(changes),
    )


def _change(one: Parameter, number: int, raw: Any) -> ConditionalValue:
    where = f"change {number}"
    if not isinstance(raw, dict):
        raise ValueError(f"{where}: wanted a mapping with value and from or for; {_found(raw)}")  # noqa: TRY004 - the document is wrong, not the type
    if unknown := sorted(set(raw) - _KEYS):
        raise ValueError(f"{where}: unknown key {found(unknown[0])}; wanted value, from and for")
    if "value" not in raw:
        raise ValueError(f'{where}: "value" is missing')
    if not raw.keys() & {"from", "for"}:
        raise ValueError(f"{where}: wanted from, for or both; else it replaces all above it")
    try:
        return ConditionalValue(
            value=read_value(one.type, raw["value"]),
            written=raw["value"],
            since=_since(one, raw["from"]) if "from" in raw else None,
            keys=_for(one, raw["for"]) if "for" in raw else None,
        )
    except ValueError as cause:
        raise ValueError(f"{where}: {cause}") from cause


def _since(one: Parameter, written: Any) -> datetime:
    if one.dated_by is None:
        raise ValueError(f"{one.name} has no dated_by, so no value of it begins at a date")
    if not isinstance(written, str):
        raise ValueError(f"wanted a date such as 2026-07-01; {_found(written)}")  # noqa: TRY004 - the document is wrong, not the type
    if _DATE.fullmatch(written):
        return datetime.fromisoformat(written).replace(tzinfo=UTC)
    return parse_instant(written)


def _for(one: Parameter, written: Any) -> frozenset[str]:
    if one.varies_by is None:
        raise ValueError(f"{one.name} has no varies_by, so no value of it is for some keys")
    texts = isinstance(written, list) and all(isinstance(key, str) for key in written)
    if not texts or not written:
        raise ValueError(f"wanted a list of keys as texts; {_found(written)}")
    return frozenset(written)


def _found(written: Any) -> str:
    return f"found {found(written)}"


def _follow(path: Path, row: JsonObject) -> Any | NotEvaluable:
    """Follow a path; null on the way or at its end is a value: there is none."""
    value: Any = row
    for depth, step in enumerate(path):
        if value is None:
            return None
        if not isinstance(value, dict) or step not in value:
            name = dotted(path[: depth + 1])
            return NotEvaluable(reason=f"row has no `{name}`", missing_key=name, insufficient=True)
        value = value[step]
    return value


def _instant(path: Path, row: JsonObject) -> datetime | NotEvaluable:
    written = _follow(path, row)
    if isinstance(written, NotEvaluable):
        return written
    try:
        return parse_instant(written)
    except (TypeError, ValueError):
        name = dotted(path)
        return NotEvaluable(reason=f"`row.{name}` is no instant", insufficient=True)


def describe_override(change: ConditionalValue, effective: Any) -> str:
    """Write a value with what it is for, where it is one of several."""
    if not isinstance(effective, dict):
        return str(change.written)
    since = f" from {format_instant(change.since)}" if change.since else ""
    keys = f" for {', '.join(sorted(change.keys))}" if change.keys else ""
    return f"{change.written}{since}{keys}"
