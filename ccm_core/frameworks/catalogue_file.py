"""Reads a catalogue of a framework; reports every mistake in one go."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from ccm_core import documents, schemas
from ccm_core.documents import Document, Path
from ccm_core.errors import DocumentError, Mistake
from ccm_core.model.framework import Catalogue, Requirement
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.model.json_codec import JsonObject

SCHEMA = "framework.v1"
MAX_BYTES = 10_000_000
"""Of a catalogue's file: the whole of NIST SP 800-53 with its texts has three million."""
_ENHANCEMENT = re.compile(r"([A-Z]{2}-\d+)\((\d+)\)")
_NO_TOKEN = re.compile(r"[^a-z0-9_.-]+")


def read_catalogue(text: bytes, source: str) -> Catalogue:
    """Read a catalogue.

    Args:
        text: The file's bytes.
        source: Where a person finds it; leads every mistake.

    Raises:
        DocumentError: It has mistakes, such as an id that it has twice.
    """
    if len(text) > MAX_BYTES:
        message = f"it has {len(text):,} bytes, expected at most {MAX_BYTES:,}"
        raise DocumentError([Mistake(file=source, line=1, column=1, message=message)])
    document = documents.read_yaml(text, source)
    mistakes = documents.check(document, schemas.load(SCHEMA))
    if not mistakes:
        mistakes = [*_unprintable(document), *_duplicates(document)]
    if mistakes:
        raise DocumentError(mistakes)
    return _catalogue(document.value, source)


def is_one_line(number: str) -> bool:
    """Return whether an id can be printed as it is: what breaks a line would look like another."""
    return number.isprintable() and number == number.strip()


def oscal_ids(form: str | None) -> Callable[[str], str]:
    """Return what makes OSCAL ids of a publisher's: tokens, which begin with a letter."""
    return _nist_id if form == "nist" else _token


def _catalogue(value: JsonObject, source: str) -> Catalogue:
    metadata = value["metadata"]
    to_oscal = oscal_ids(metadata.get("oscal_ids"))
    requirements = {
        requirement.id: requirement
        for group in value["groups"]
        for number, raw in group["requirements"].items()
        for requirement in _requirements(number, raw, group["id"], to_oscal)
    }
    return Catalogue(
        name=metadata["name"],
        title=metadata["title"],
        version=metadata["version"],
        publisher=metadata["publisher"],
        source=source,
        groups=FrozenDict({group["id"]: group["title"] for group in value["groups"]}),
        requirements=FrozenDict(requirements),
        oscal_href=metadata.get("oscal_href", ""),
    )


def _requirements(
    number: str, raw: Any, group: str, to_oscal: Callable[[str], str]
) -> Iterator[Requirement]:
    """Yield a requirement, and its parts after it."""
    entry: JsonObject = {"title": raw} if isinstance(raw, str) else raw
    yield _requirement(number, entry, group, to_oscal)
    named: JsonObject = entry.get("parts", {})
    for part in dict.fromkeys((*_numbered(number, entry), *named)):
        stated: Any = named.get(part, entry["title"])
        of_part: JsonObject = {"title": stated} if isinstance(stated, str) else stated
        yield _requirement(part, of_part, group, to_oscal, part_of=number)


def _requirement(
    number: str, entry: JsonObject, group: str, to_oscal: Callable[[str], str], part_of: str = ""
) -> Requirement:
    return Requirement(
        id=number,
        title=entry["title"],
        group=group,
        text=entry.get("text", ""),
        part_of=part_of,
        oscal_id=entry.get("oscal_id") or to_oscal(number),
    )


def _numbered(number: str, entry: JsonObject) -> list[str]:
    """Return the ids of numbered parts."""
    if "numbered" not in entry:
        return []
    form, _, span = entry["numbered"].rpartition(" ")
    last = int(span.rpartition("..")[2])
    return [f"{number}{form.replace('N', str(part))}" for part in range(1, last + 1)]


def _duplicates(document: Document) -> Iterator[Mistake]:
    """Yield the ids that are there twice: YAML refuses those of one group itself."""
    first: dict[str, str] = {}
    for index, group in enumerate(document.value["groups"]):
        for number, raw in group["requirements"].items():
            path: Path = ("groups", index, "requirements", number)
            parts = raw.get("parts", {}) if isinstance(raw, dict) else {}
            for name in (number, *parts):
                if name in first:
                    message = f"duplicate id {name}; the first is at {first[name]}"
                    yield document.mistake(path, message, key=True)
                first.setdefault(name, str(document.location(path)))


def _unprintable(document: Document) -> Iterator[Mistake]:
    """Yield the ids that nobody could read in a list."""
    for index, group in enumerate(document.value["groups"]):
        names: list[tuple[Path, str]] = [(("groups", index, "id"), group["id"])]
        for number, raw in group["requirements"].items():
            path: Path = ("groups", index, "requirements", number)
            parts = raw.get("parts", {}) if isinstance(raw, dict) else {}
            names += [(path, name) for name in (number, *parts)]
        for path, name in names:
            if not is_one_line(name):
                message = f"the id {name!a} has characters that cannot be printed on one line"
                yield document.mistake(path, message, key=path[-1] != "id")


def _nist_id(number: str) -> str:
    match = _ENHANCEMENT.fullmatch(number)
    return f"{match[1]}.{match[2]}".lower() if match else _token(number)


def _token(number: str) -> str:
    """Return an id as a token of OSCAL: it begins with a letter or an underscore."""
    token = _NO_TOKEN.sub("-", number.lower()).strip("-")
    return token if token[:1].isalpha() or token[:1] == "_" else f"_{token}"
