"""Makes a catalogue of an OSCAL catalogue (JSON, 1.0 to 1.2): ids, titles and texts.

Controls are identified by their label, as their publisher writes it (``AC-2(3)``), and joined by
their id (``ac-2.3``). https://pages.nist.gov/OSCAL/reference/latest/catalog/json-reference/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ccm_core.errors import UsageError
from ccm_core.frameworks.catalogue_file import MAX_BYTES, is_one_line
from ccm_core.model.framework import Catalogue, Requirement
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.model.json_codec import JsonObject, decode

MAX_CONTROLS = 20_000
"""No catalogue that is published has half as many."""
MAX_DEPTH = 30
_INSERT = re.compile(r"\{\{\s*insert:\s*param,\s*([^}\s]+)\s*\}\}")
_LONGEST_TEXT = 20_000


def import_oscal(text: bytes, source: str, name: str) -> Catalogue:
    """Read an OSCAL catalogue.

    Args:
        text: The file's bytes.
        source: Where a person finds it; leads every mistake.
        name: What packs call the framework.

    Raises:
        UsageError: It is none: no JSON, a profile, too large, without ids, or with one twice.
    """
    if len(text) > MAX_BYTES:
        raise UsageError(f"{source}: {len(text):,} bytes, expected at most {MAX_BYTES:,}")
    catalog = _catalog(text, source)
    metadata = _mapping(catalog.get("metadata"))
    reader = _Reader(source)
    reader.read(catalog)
    if not reader.requirements:
        raise UsageError(f"{source}: this OSCAL catalogue has no controls")
    return Catalogue(
        name=name,
        title=_text(metadata.get("title")) or name,
        version=_text(metadata.get("version")) or "not stated",
        publisher=_publisher(metadata),
        source=source,
        groups=FrozenDict(reader.groups),
        requirements=FrozenDict(reader.requirements),
    )


def _catalog(text: bytes, source: str) -> JsonObject:
    try:
        document = decode(text)
    except (ValueError, RecursionError) as cause:
        raise UsageError(f"{source}: expected an OSCAL catalogue in JSON: {cause}") from cause
    content = _mapping(document)
    if "profile" in content:
        raise UsageError(
            f"{source}: this is a profile, which only names controls; import the catalogue that it "
            "resolves to. NIST publishes both, the second as `...resolved-profile_catalog.json`"
        )
    if not isinstance(content.get("catalog"), dict):
        names = ", ".join(sorted(map(str, content))[:5]) or "nothing"
        raise UsageError(f"{source}: expected an object `catalog` at the top, got {names}")
    return _mapping(content["catalog"])


class _Reader:
    """Collects the groups and controls of a catalogue."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.groups: dict[str, str] = {}
        self.requirements: dict[str, Requirement] = {}

    def read(self, catalog: JsonObject) -> None:
        """Read its groups, and the controls that are in none."""
        self._groups(catalog, 0)
        loose = _list(catalog.get("controls"))
        if loose:
            self.groups.setdefault("all", "All controls")
            self._controls(loose, "all", "", 0)

    def _groups(self, parent: JsonObject, depth: int) -> None:
        self._bound(depth)
        for entry in map(_mapping, _list(parent.get("groups"))):
            group = _text(entry.get("id")) or _text(entry.get("title")) or "group"
            self.groups.setdefault(group, _text(entry.get("title")) or group)
            self._controls(_list(entry.get("controls")), group, "", depth)
            self._groups(entry, depth + 1)

    def _controls(self, controls: list[Any], group: str, part_of: str, depth: int) -> None:
        self._bound(depth)
        for entry in map(_mapping, controls):
            oscal_id = _text(entry.get("id"))
            if not oscal_id:
                raise UsageError(f"{self._source}: a control of group {group} has no id")
            label = _label(entry) or oscal_id
            if not is_one_line(label):
                raise UsageError(
                    f"{self._source}: the id {label!a} has characters that cannot be printed on "
                    "one line"
                )
            if label in self.requirements:
                raise UsageError(f"{self._source}: the id {label} is there twice")
            if not _is_withdrawn(entry):
                self.requirements[label] = Requirement(
                    id=label,
                    title=_text(entry.get("title"))[:300] or label,
                    group=group,
                    text="\n".join(_statement(entry))[:_LONGEST_TEXT],
                    part_of=part_of,
                    oscal_id=oscal_id,
                )
            self._controls(_list(entry.get("controls")), group, part_of or label, depth + 1)

    def _bound(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise UsageError(f"{self._source}: groups are nested more than {MAX_DEPTH} deep")
        if len(self.requirements) > MAX_CONTROLS:
            raise UsageError(f"{self._source}: more than {MAX_CONTROLS:,} controls")


def _label(entry: JsonObject) -> str:
    """Return how its publisher writes its id: the label without a class comes first."""
    labels = [
        (_text(prop.get("class")), _text(prop.get("value")))
        for prop in map(_mapping, _list(entry.get("props")))
        if prop.get("name") == "label"
    ]
    return next((value for kind, value in sorted(labels)), "")


def _is_withdrawn(entry: JsonObject) -> bool:
    return any(
        prop.get("name") == "status" and _text(prop.get("value")).lower() == "withdrawn"
        for prop in map(_mapping, _list(entry.get("props")))
    )


def _statement(entry: JsonObject) -> Iterator[str]:
    for part in map(_mapping, _list(entry.get("parts"))):
        if part.get("name") == "statement":
            yield from _prose(part, 0)


def _prose(part: JsonObject, depth: int) -> Iterator[str]:
    prose = _INSERT.sub(r"[\1]", _text(part.get("prose")))
    label = _label(part)
    if prose or label:
        yield f"{'  ' * max(depth - 1, 0)}{f'{label} {prose}'.strip()}"
    if depth < MAX_DEPTH:
        for child in map(_mapping, _list(part.get("parts"))):
            yield from _prose(child, depth + 1)


def _publisher(metadata: JsonObject) -> str:
    parties = map(_mapping, _list(metadata.get("parties")))
    return next((name for party in parties if (name := _text(party.get("name")))), "not stated")


def _mapping(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
