"""Reads the settings of frameworks: catalogues, owners, and what does not apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ccm_core.config.setting_names import unknown_connections
from ccm_core.config.settings import FrameworkSettings
from ccm_core.documents import Document
from ccm_core.documents import Path as KeyPath
from ccm_core.errors import Mistake
from ccm_core.model.evaluation.framework_scope import FrameworkScope
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.model.statement_text import has_words


def read_frameworks(
    document: Document, base: Path, mistakes: list[Mistake]
) -> tuple[FrameworkSettings, ...]:
    """Return what the settings say of each framework; append the mistakes.

    Mistakes that the schema found are in the list already.
    """
    section = document.get(("frameworks",))
    entries = section if isinstance(section, list) else []
    mistakes.extend(_duplicates(document, entries))
    mistakes.extend(_wordless(document, entries))
    mistakes.extend(_connections(document, entries))
    return tuple(_read(entry, base) for entry in entries if _has_name(entry))


def _read(entry: Mapping[str, Any], base: Path) -> FrameworkSettings:
    catalogue = entry.get("catalogue")
    return FrameworkSettings(
        name=entry["name"],
        catalogue=base / catalogue if isinstance(catalogue, str) else None,
        owner=str(entry.get("owner", "")),
        owners=FrozenDict(
            {key: str(value) for key, value in _mapping(entry.get("owners")).items()}
        ),
        not_applicable=FrozenDict(
            {key: str(value) for key, value in _mapping(entry.get("not_applicable")).items()}
        ),
        scope=_scope(entry["name"], entry.get("scope")),
    )


def _scope(framework: str, section: Any) -> FrameworkScope | None:
    if not isinstance(section, dict):
        return None

    def names(value: Any) -> tuple[str, ...]:
        listed = value if isinstance(value, list) else ()
        return tuple(str(name).lower() if isinstance(name, bool) else str(name) for name in listed)

    fields = {path: names(value) for path, value in _mapping(section.get("fields")).items()}
    return FrameworkScope(
        framework=framework,
        connections=names(section.get("connections")),
        services=names(section.get("services")),
        teams=names(section.get("teams")),
        priorities=names(section.get("priorities")),
        incident_types=names(section.get("incident_types")),
        urgencies=names(section.get("urgencies")),
        fields=FrozenDict(dict(sorted(fields.items()))),
    )


def _connections(document: Document, entries: list[Any]) -> Iterator[Mistake]:
    """Yield connections of scopes that there are not."""
    for index, entry in enumerate(entries):
        path: KeyPath = ("frameworks", index, "scope", "connections")
        if isinstance(entry, dict) and not any("*" in str(n) for n in document.get(path) or ()):
            yield from unknown_connections(document, path)


def _has_name(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("name"), str)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _duplicates(document: Document, entries: list[Any]) -> Iterator[Mistake]:
    first: dict[str, int] = {}
    for index, entry in enumerate(entries):
        if not _has_name(entry):
            continue
        name = entry["name"]
        if name in first:
            location = document.location(("frameworks", first[name], "name"))
            message = f"a second entry for {name}; the first is at {location}"
            yield document.mistake(("frameworks", index, "name"), message)
        first.setdefault(name, index)


def _wordless(document: Document, entries: list[Any]) -> Iterator[Mistake]:
    """Yield reasons that say nothing: an auditor reads them in the statement of applicability."""
    for index, entry in enumerate(entries):
        reasons = _mapping(entry.get("not_applicable")) if isinstance(entry, dict) else {}
        for number, reason in reasons.items():
            if isinstance(reason, str) and not has_words(reason):
                path = ("frameworks", index, "not_applicable", number)
                yield document.mistake(path, "expected a reason in words why it does not apply")
