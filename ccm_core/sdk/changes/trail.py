"""The audit trail of a source: what it records of who changed what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from ccm_core.model.evidence.record import Record
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedField:
    """One field of an object, before and after."""

    name: str
    """A dotted path; members of a list by their names, such as ``levels[1].targets``."""
    before: Any = None
    """A JSON value; None: there was none, or it is not known."""
    after: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailEntry:
    """One change as the source records it."""

    at: datetime
    actors: tuple[str, ...]
    """Who made it, by name; empty: the source does not tell."""
    method: str | None = None
    """How, such as ``browser``."""
    action: str
    """``created``, ``changed`` or ``deleted``, or as the source names it."""
    kind: str | None
    """The evidence kind of the changed object; None: the connector has none for it."""
    key: str
    title: str
    fields: tuple[ChangedField, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTrail:
    """How the audit trail of a source is read, and what people change in it."""

    kind: str
    """The evidence kind of its records."""
    entries: Callable[[Record], Iterable[TrailEntry]]
    """Reads one record of it."""
    kinds: tuple[str, ...]
    """The kinds whose versions show what people change, sorted."""
    volatile: Mapping[str, Collection[str]] = field(default_factory=dict)
    """By kind: fields at the top of its bodies that change without anybody changing them."""
    set_by_people: Mapping[str, Mapping[str, Collection[object]]] = field(default_factory=dict)
    """By kind, then by volatile field: the values that nobody but a person gives it or takes."""

    def ignored(
        self, kind: str, before: Mapping[str, object], after: Mapping[str, object]
    ) -> Collection[str]:
        """Return the fields in which two bodies of a kind may differ without anybody's doing."""
        telling = self.set_by_people.get(kind, {})
        return {
            name
            for name in self.volatile.get(kind, ())
            if before.get(name) not in telling.get(name, ())
            and after.get(name) not in telling.get(name, ())
        }
