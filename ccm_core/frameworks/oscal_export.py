"""Writes a framework as an OSCAL catalogue, and what of it applies as an OSCAL profile (JSON).

https://pages.nist.gov/OSCAL/reference/latest/catalog/json-reference/
https://pages.nist.gov/OSCAL/reference/latest/profile/json-reference/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from uuid import NAMESPACE_URL, uuid5

from ccm_core.model.framework import OSCAL_VERSION, Catalogue, Requirement, statement_id
from ccm_core.model.json_codec import JsonObject

_NO_TOKEN = re.compile(r"[^a-z0-9_.-]+")


def oscal_catalogue(catalogue: Catalogue, last_modified: str) -> JsonObject:
    """Return a framework as an OSCAL catalogue.

    Args:
        catalogue: The framework; texts are in it where they were imported.
        last_modified: When it is written, as RFC 3339 writes it.
    """
    parts = _parts(catalogue.requirements.values())
    groups: dict[str, list[JsonObject]] = {name: [] for name in catalogue.groups}
    for requirement in catalogue.whole:
        groups[requirement.group].append(_control(requirement, parts))
    return {
        "catalog": {
            "uuid": _uuid(catalogue, "catalogue"),
            "metadata": _metadata(catalogue, catalogue.title, last_modified),
            "groups": [
                {"id": _group_id(name), "title": title, "controls": groups[name]}
                for name, title in catalogue.groups.items()
                if groups[name]
            ],
        }
    }


def oscal_profile(
    catalogue: Catalogue, not_applicable: Iterable[str], href: str, last_modified: str
) -> JsonObject:
    """Return the profile of what applies of a framework.

    Args:
        catalogue: The framework.
        not_applicable: The ids of the requirements that do not apply, with their parts.
        href: Where the OSCAL catalogue is.
        last_modified: When it is written, as RFC 3339 writes it.
    """
    left_out = set(not_applicable)
    ids = [
        requirement.oscal_id
        for requirement in catalogue.requirements.values()
        if not left_out & {requirement.id, requirement.part_of}
    ]
    return {
        "profile": {
            "uuid": _uuid(catalogue, "profile"),
            "metadata": _metadata(catalogue, f"{catalogue.title}: what applies", last_modified),
            "imports": [{"href": href, "include-controls": [{"with-ids": ids}]}],
            "merge": {"as-is": True},
        }
    }


def _metadata(catalogue: Catalogue, title: str, last_modified: str) -> JsonObject:
    publisher = {
        "uuid": _uuid(catalogue, "publisher"),
        "type": "organization",
        "name": catalogue.publisher,
    }
    return {
        "title": title,
        "last-modified": last_modified,
        "version": catalogue.version,
        "oscal-version": OSCAL_VERSION,
        "parties": [publisher],
    }


def _parts(requirements: Iterable[Requirement]) -> Mapping[str, list[Requirement]]:
    parts: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        parts.setdefault(requirement.part_of, []).append(requirement)
    return parts


def _control(requirement: Requirement, parts: Mapping[str, list[Requirement]]) -> JsonObject:
    statement = {"id": statement_id(requirement.oscal_id), "name": "statement"}
    if requirement.text:
        statement["prose"] = requirement.text
    control: JsonObject = {
        "id": requirement.oscal_id,
        "title": requirement.title,
        "props": [{"name": "label", "value": requirement.id}],
        "parts": [statement],
    }
    within = list(_within(requirement, parts))
    return control | ({"controls": within} if within else {})


def _within(
    requirement: Requirement, parts: Mapping[str, list[Requirement]]
) -> Iterator[JsonObject]:
    return (_control(part, parts) for part in parts.get(requirement.id, ()))


def _group_id(name: str) -> str:
    """Return a token that no control has."""
    return f"group-{_NO_TOKEN.sub('-', name.lower()).strip('-')}"


def _uuid(catalogue: Catalogue, part: str) -> str:
    name = f"urn:ccm:framework:{catalogue.name}:{catalogue.version}:{part}"
    return str(uuid5(NAMESPACE_URL, name))
