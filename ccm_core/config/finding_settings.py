"""Reads the settings of findings: when they are due, and who owns them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from ccm_core.config.settings import FindingSettings
from ccm_core.documents import Document, Path
from ccm_core.errors import Mistake
from ccm_core.model.finding.policy import OwnerRule
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.sdk.timestamps import parse_duration

DEFAULT_DUE: Mapping[str, timedelta] = FrozenDict(
    {
        "critical": timedelta(days=3),
        "high": timedelta(days=14),
        "medium": timedelta(days=30),
        "low": timedelta(days=90),
    }
)
"""How long after it was opened a finding is due, where the settings do not say."""


def read_findings(document: Document, mistakes: list[Mistake]) -> FindingSettings:
    """Return the settings of findings; append the mistakes in them."""
    return FindingSettings(
        due=_due(document, mistakes),
        due_by_framework=_due_by_framework(document, mistakes),
        owners=_owners(document, mistakes),
    )


def _due(document: Document, mistakes: list[Mistake]) -> Mapping[str, timedelta]:
    """Return after how long findings are due, by severity.

    A severity that the settings leave out keeps its default; ``never`` takes its due date away.
    """
    section = document.get(("findings", "due"))
    return _periods(document, ("findings", "due"), section, DEFAULT_DUE, mistakes)


def _due_by_framework(
    document: Document, mistakes: list[Mistake]
) -> Mapping[str, Mapping[str, timedelta]]:
    path: Path = ("findings", "due_by_framework")
    section = document.get(path)
    return FrozenDict(
        {
            name: _periods(document, (*path, name), periods, FrozenDict(), mistakes)
            for name, periods in (section if isinstance(section, dict) else {}).items()
        }
    )


def _owners(document: Document, mistakes: list[Mistake]) -> tuple[OwnerRule, ...]:
    path: Path = ("findings", "owners")
    section = document.get(path)
    entries = section if isinstance(section, list) else []
    mistakes.extend(_never_reached(document, path, entries))
    return tuple(_owner_rule(entry) for entry in entries if _is_entry(entry))


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("owner"), str)


def _owner_rule(entry: Mapping[str, Any]) -> OwnerRule:
    def names(key: str) -> tuple[str, ...]:
        listed = entry.get(key)
        return tuple(map(str, listed)) if isinstance(listed, list) else ()

    return OwnerRule(
        owner=entry["owner"],
        rules=names("rules"),
        connections=names("connections"),
        kinds=names("kinds"),
        resources=names("resources"),
        teams=names("teams"),
        unowned=entry.get("unowned") is True,
    )


def _never_reached(document: Document, path: Path, entries: list[Any]) -> Iterator[Mistake]:
    """Yield the entries that stand behind one that matches everything."""
    for index, entry in enumerate(entries[:-1]):
        if isinstance(entry, dict) and set(entry) == {"owner"}:
            message = "it matches every finding, so those after it are never used; put it last"
            yield document.mistake((*path, index), message)


def _periods(
    document: Document,
    path: Path,
    section: Any,
    default: Mapping[str, timedelta],
    mistakes: list[Mistake],
) -> Mapping[str, timedelta]:
    periods = dict(default)
    for severity, text in (section if isinstance(section, dict) else {}).items():
        if text == "never":
            periods.pop(severity, None)
            continue
        try:
            period = parse_duration(text) if isinstance(text, str) else None
        except ValueError as error:
            mistakes.append(document.mistake((*path, severity), str(error)))
            continue
        if period is not None and period <= timedelta(0):
            message = f"got {text}, expected a duration, such as 14d, or never"
            mistakes.append(document.mistake((*path, severity), message))
        elif period is not None:
            periods[severity] = period
    return FrozenDict(periods)
