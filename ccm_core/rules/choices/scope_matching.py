"""Whether a row is in the scope of a framework. Pure.

A scope speaks of what has the field that it names: a schedule has no service, so that a scope of
services says nothing of it, and it stays in. So does a row of which the field is not known: only
what is known to be outside is outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from ccm_core.model.evaluation.framework_scope import FrameworkScope
from ccm_core.model.evaluation.result import CONNECTION
from ccm_core.sdk.view import Row

INSIDE, UNNAMED, OUTSIDE = "i", "u", "o"
"""Letters of a row: the scope names it, says nothing of it, or leaves it out."""


def scope_letters(scopes: Iterable[FrameworkScope], connection: str, row: Row) -> str:
    """Return a letter for each scope: whether a row of a connection is in it."""
    return "".join(scope_letter(scope, connection, row) for scope in scopes)


def scope_letter(scope: FrameworkScope, connection: str, row: Row) -> str:
    """Return whether a row is in a scope, as a letter."""
    if scope.connections and not _matches([connection], scope.connections):
        return OUTSIDE
    if row.subject.kind == CONNECTION:
        return UNNAMED
    answers = {
        _matches(values, patterns)
        for patterns, read in _conditions(scope)
        if (values := read(row)) is not None
    }
    if False in answers:
        return OUTSIDE
    return INSIDE if answers or scope.connections else UNNAMED


def _conditions(
    scope: FrameworkScope,
) -> Iterator[tuple[Sequence[str], Callable[[Row], Sequence[str] | None]]]:
    """Yield what a scope asks for, and what reads it of a row; None: the row says nothing of it."""
    asked: list[tuple[Sequence[str], Callable[[Row], Sequence[str] | None]]] = [
        (scope.services, _services),
        (scope.teams, _teams),
        (scope.priorities, partial(_field, "priority")),
        (scope.incident_types, partial(_field, "incident_type")),
        (scope.urgencies, partial(_field, "urgency")),
    ]
    yield from ((patterns, read) for patterns, read in asked if patterns)
    for path, patterns in sorted(scope.fields.items()):
        yield patterns, partial(_field, path)


def _services(row: Row) -> Sequence[str] | None:
    """Return the ids and names of the service of a row, which may be about one itself."""
    if row.subject.kind.endswith(".service"):
        return (row.subject.key, row.subject.title)
    service = row.body.get("service")
    if not isinstance(service, Mapping):
        return None
    return tuple(str(service[name]) for name in ("id", "title", "name") if service.get(name))


def _teams(row: Row) -> Sequence[str] | None:
    return row.subject.owners or None


def _field(path: str, row: Row) -> Sequence[str] | None:
    return _values(row.body, path)


def _values(body: Mapping[str, Any], path: str) -> Sequence[str] | None:
    """Return the values at a path as texts; none where it is null; None where it is not there."""
    value: Any = body
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    members = value if isinstance(value, (list, tuple)) else [value]
    return tuple(_text(member) for member in members if member is not None)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _matches(values: Sequence[str], patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(value, pattern) for value in values for pattern in patterns)
