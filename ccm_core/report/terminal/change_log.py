"""A change log in lines for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ccm_core.model.json_codec import encode
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.phrases import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ccm_core.sdk.changes.trail import ChangedField

_LONGEST = 160
_MOST = 12
"""Of more fields than this, the rest is counted; ``--json`` has all."""


class _Change(Protocol):
    """A change of one object, as a log has it."""

    @property
    def kind(self) -> str | None: ...
    @property
    def title(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def at(self) -> datetime | None: ...
    @property
    def since(self) -> datetime | None: ...
    @property
    def until(self) -> datetime: ...
    @property
    def actors(self) -> tuple[str, ...]: ...
    @property
    def method(self) -> str | None: ...
    @property
    def fields(self) -> tuple[ChangedField, ...]: ...
    @property
    def in_trail(self) -> bool | None: ...
    @property
    def in_versions(self) -> bool | None: ...


def change_lines(changes: Iterable[_Change]) -> Iterator[str]:
    """Yield the lines of a change log: each change with its fields below it."""
    for change in changes:
        noun = "object" if change.kind is None else change.kind
        title = f"{plain(change.title)} ({plain(noun)} {plain(change.key)})"
        yield f"{_when(change)}  {plain(change.action)}  {title}"
        yield f"    by {_who(change)}; {_sources(change)}"
        for field in change.fields[:_MOST]:
            yield f"    {plain(field.name)}: {_value(field.before)} -> {_value(field.after)}"
        if len(change.fields) > _MOST:
            yield f"    and {len(change.fields) - _MOST} more fields"


def _when(change: _Change) -> str:
    if change.at is not None:
        return moment(change.at)
    since = "" if change.since is None else moment(change.since)
    return f"{since} to {moment(change.until)}"


def _who(change: _Change) -> str:
    who = ", ".join(map(plain, change.actors)) or "unknown"
    return who if change.method is None else f"{who}, by {plain(change.method)}"


def _sources(change: _Change) -> str:
    if change.in_versions is None:
        return "in the source's trail; ccm had not read it before"
    if not change.in_versions:
        return "in the source's trail alone"
    return {
        True: "in the source's trail too",
        False: "not in the source's trail",
        None: "the source's trail of that time is not known",
    }[change.in_trail]


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else "none" if value is None else encode(value).decode()
    shown = plain(text)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
