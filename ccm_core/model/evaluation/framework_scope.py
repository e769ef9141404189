"""Scopes of frameworks: which subjects a framework concerns, and what checks say of these alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkScope:
    """Which subjects a framework concerns; all that is stated has to match.

    Each entry is a value, with ``*`` as wildcard; of several one has to match; none: any does.
    """

    framework: str
    connections: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    """Ids or names."""
    teams: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    incident_types: tuple[str, ...] = ()
    urgencies: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=FrozenDict)
    """By the path of a field in rows, such as ``status``."""

    @property
    def words(self) -> str:
        """What it names, in words; of several parts all have to match."""
        named = (
            ("connection", self.connections),
            ("service", self.services),
            ("team", self.teams),
            ("priority", self.priorities),
            ("incident type", self.incident_types),
            ("urgency", self.urgencies),
            *sorted(self.fields.items()),
        )
        parts = (f"{words} {' or '.join(values)}" for words, values in named if values)
        return " and ".join(parts) or "everything: the scope names nothing"
