"""Whether a row is in the scope of a framework, as evaluations state the scope.

A scope speaks of what has the field that it names. A row without it, or of which it is not known,
stays in: only what is known to be outside is outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ccm_core.bundle.verifier.strict_json import write_json

INSIDE, UNNAMED, OUTSIDE = "i", "u", "o"
"""Letters of a row: the scope names it, says nothing of it, or leaves it out."""
LISTS = {
    "connections": "connection",
    "services": "service",
    "teams": "team",
    "priorities": "priority",
    "incident_types": "incident type",
    "urgencies": "urgency",
}
"""What a scope may state, and how it is called."""
EVERYTHING = "everything: no scope was stated"

FrameworkScopes = Sequence[Mapping[str, Any]]


def distinct_scopes(scopes: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Return each scope once, in a fixed order."""
    by_text = {write_json(scope): scope for scope in scopes}
    return tuple(by_text[text] for text in sorted(by_text))


def row_letters(scopes: FrameworkScopes, connection: str, row: Mapping[str, Any]) -> str:
    """Return a letter for each scope: whether a row of a connection is in it."""
    return "".join(row_letter(scope, connection, row) for scope in scopes)


def row_letter(scope: Mapping[str, Any], connection: str, row: Mapping[str, Any]) -> str:
    """Return whether a row is in a scope, as a letter."""
    if scope["connections"] and not is_named([connection], scope["connections"]):
        return OUTSIDE
    if row["subject"]["kind"] == "connection":
        return UNNAMED
    answers = {
        is_named(values, patterns)
        for patterns, values in asked_values(scope, row)
        if values is not None
    }
    if False in answers:
        return OUTSIDE
    return INSIDE if answers or scope["connections"] else UNNAMED


def asked_values(
    scope: Mapping[str, Any], row: Mapping[str, Any]
) -> Iterator[tuple[Sequence[str], Sequence[str] | None]]:
    """Yield what a scope asks for, and what a row says of it; None: it says nothing."""
    if scope["services"]:
        yield scope["services"], service_names(row)
    if scope["teams"]:
        yield scope["teams"], row["subject"]["owners"] or None
    for name, path in (
        ("priorities", "priority"),
        ("incident_types", "incident_type"),
        ("urgencies", "urgency"),
    ):
        if scope[name]:
            yield scope[name], field_values(row["fields"], path)
    for path in sorted(scope["fields"]):
        yield scope["fields"][path], field_values(row["fields"], path)


def service_names(row: Mapping[str, Any]) -> Sequence[str] | None:
    """Return the ids and names of the service of a row, which may be about one itself."""
    subject, service = row["subject"], row["fields"].get("service")
    if subject["kind"].endswith(".service"):
        return (subject["key"], subject["title"])
    if not isinstance(service, Mapping):
        return None
    return [str(service[name]) for name in ("id", "title", "name") if service.get(name)]


def field_values(fields: Mapping[str, Any], path: str) -> Sequence[str] | None:
    """Return the values at a path as texts; none where it is null; None where it is not there."""
    value: Any = fields
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    members = value if isinstance(value, list) else [value]
    return [value_text(member) for member in members if member is not None]


def value_text(value: Any) -> str:
    """Return a value as scopes write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_named(values: Sequence[str], patterns: Sequence[str]) -> bool:
    """Return whether one of some values matches one of some patterns."""
    return any(fnmatchcase(value, pattern) for value in values for pattern in patterns)


def scope_words(scope: Mapping[str, Any]) -> str:
    """Return what a scope names, in words; of several parts all have to match."""
    named = [(words, scope[name]) for name, words in LISTS.items()]
    named += [(path, scope["fields"][path]) for path in sorted(scope["fields"])]
    parts = [f"{words} {' or '.join(patterns)}" for words, patterns in named if patterns]
    return " and ".join(parts) or "everything: the scope names nothing"
