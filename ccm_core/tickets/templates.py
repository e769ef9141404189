"""Templates of fields: texts with ``{severity}`` and the like. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ccm_core.model.finding.finding import SEVERITIES
from ccm_core.model.finding.work_item import WorkItem

_PLACE = re.compile(r"\{([^{}]*)\}")
PLACEHOLDERS = (
    "id",
    "title",
    "severity",
    "state",
    "owner",
    "rule",
    "rules",
    "controls",
    "connection",
    "resource",
    "resource_kind",
    "url",
    "due",
    "since",
    "next_step",
)
"""What a template may name."""


def unknown_placeholders(value: Any) -> Iterator[str]:
    """Yield what a value's templates name that is no placeholder."""
    if isinstance(value, str):
        yield from (name for name in _PLACE.findall(value) if name not in PLACEHOLDERS)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from unknown_placeholders(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from unknown_placeholders(part)


def placeholders(item: WorkItem) -> Mapping[str, str]:
    """Return what stands for each placeholder of one finding; empty where it has none."""
    finding, due = item.finding, item.due_at
    return {
        "id": finding.id,
        "title": item.title,
        "severity": finding.severity,
        "state": item.state.value,
        "owner": ", ".join(item.owner.names),
        "rule": finding.rule,
        "rules": ", ".join(finding.rules),
        "controls": ", ".join(item.controls),
        "connection": finding.connection,
        "resource": finding.subject.title,
        "resource_kind": finding.subject.kind,
        "url": finding.subject.url or "",
        "due": f"{due:%Y-%m-%d}" if due else "",
        "since": f"{finding.opened_at:%Y-%m-%d}",
        "next_step": item.next_step or "",
    }


def filled(value: Any, places: Mapping[str, str]) -> Any:
    """Return a value with its templates filled; None where all that a text names is empty."""
    if isinstance(value, str):
        names = _PLACE.findall(value)
        if names and not any(places[name] for name in names):
            return None
        return _PLACE.sub(lambda match: places[match[1]], value)
    if isinstance(value, Mapping):
        parts = {key: filled(part, places) for key, part in value.items()}
        return None if None in parts.values() else parts
    if isinstance(value, list | tuple):
        return [part for part in (filled(part, places) for part in value) if part is not None]
    return value


def texts_for_severities(template: str, places: Mapping[str, str]) -> frozenset[str]:
    """Return what a text would be for each severity; nothing where it does not name it."""
    if "{severity}" not in template:
        return frozenset()
    texts = (filled(template, {**places, "severity": severity}) for severity in SEVERITIES)
    return frozenset(text for text in texts if text)
