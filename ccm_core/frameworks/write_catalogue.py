"""Writes a catalogue as the YAML that it is read from."""

from __future__ import annotations

from typing import Any

from ccm_core.model.framework import Catalogue, Requirement
from ccm_core.model.json_codec import JsonObject


def catalogue_document(catalogue: Catalogue) -> JsonObject:
    """Return a catalogue as a document of ``schemas/framework.v1.schema.json``."""
    groups: dict[str, dict[str, Any]] = {name: {} for name in catalogue.groups}
    for requirement in catalogue.requirements.values():
        of_group = groups[requirement.group]
        whole = of_group.get(requirement.part_of)
        if whole is None:
            of_group[requirement.id] = _entry(requirement)
        else:
            whole.setdefault("parts", {})[requirement.id] = _entry(requirement)
    return {
        "apiVersion": "ccm/v1",
        "kind": "Framework",
        "metadata": {
            "name": catalogue.name,
            "title": catalogue.title[:200],
            "version": catalogue.version[:200],
            "publisher": catalogue.publisher[:200],
        },
        "groups": [
            {"id": name[:60], "title": title[:200] or name, "requirements": groups[name]}
            for name, title in catalogue.groups.items()
            if groups[name]
        ],
    }


def _entry(requirement: Requirement) -> JsonObject:
    entry: JsonObject = {"title": requirement.title, "oscal_id": requirement.oscal_id}
    return entry | ({"text": requirement.text} if requirement.text else {})


def catalogue_text(catalogue: Catalogue) -> bytes:
    """Return a catalogue as YAML that :func:`read_catalogue` reads."""
    import yaml

    text: str = yaml.safe_dump(
        catalogue_document(catalogue), sort_keys=False, allow_unicode=True, width=110
    )
    return text.encode()
