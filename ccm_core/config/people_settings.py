"""Reads ``people``: who may own findings and approve risk acceptances, and how they prove it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ccm_core.approvals.ssh_public_key import SshPublicKey
from ccm_core.documents import Document
from ccm_core.documents import Path as KeyPath
from ccm_core.errors import Mistake
from ccm_core.model.finding.policy import Person
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.model.json_codec import JsonObject
from ccm_core.model.statement_text import has_words, visible

_FILE = "file:"
_MAX_KEY_FILE = 64 * 1024
"""Bytes of a file with public keys."""


def read_people(document: Document, base: Path, mistakes: list[Mistake]) -> Mapping[str, Person]:
    """Return the people of the settings by id; append all mistakes in them.

    Args:
        document: The settings; mistakes that the schema found are in the list already.
        base: Where relative paths of files with keys start.
        mistakes: Receives the mistakes.
    """
    section = document.get(("people",))
    entries = [
        (("people", index), entry)
        for index, entry in enumerate(section if isinstance(section, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("id"), str)
    ]
    people = [_person(document, path, entry, base, mistakes) for path, entry in entries]
    mistakes.extend(
        _duplicates(document, [(path, one) for (path, _), one in zip(entries, people, strict=True)])
    )
    return FrozenDict({person.id: person for person in people})


def _person(
    document: Document, path: KeyPath, entry: JsonObject, base: Path, mistakes: list[Mistake]
) -> Person:
    name = _text(entry, "name")
    if name and not has_words(name):
        message = f'got "{name}", expected the name of a person in words'
        mistakes.append(document.mistake((*path, "name"), message))
    keys: list[str] = []
    for index, text in enumerate(_list(entry, "ssh_keys")):
        try:
            keys += map(str, _keys(text, base))
        except ValueError as error:
            message = f"this key cannot be used: {error}"
            mistakes.append(document.mistake((*path, "ssh_keys", index), message))
    return Person(
        id=entry["id"],
        name=name,
        role=_text(entry, "role"),
        email=_text(entry, "email"),
        teams=tuple(_list(entry, "teams")),
        ssh_keys=tuple(keys),
        oidc=tuple(
            (identity["issuer"], identity["subject"])
            for identity in entry.get("oidc", ())
            if isinstance(identity, dict) and {"issuer", "subject"} <= identity.keys()
        ),
    )


def _keys(text: str, base: Path) -> Iterator[SshPublicKey]:
    """Yield the keys of an entry: the key itself, or those of a file.

    Raises:
        ValueError: One is no public key, or the file cannot be read.
    """
    if not text.startswith(_FILE):
        yield SshPublicKey.read(text)
        return
    path = base / text.removeprefix(_FILE)
    lines = [line.strip() for line in _lines(path)]
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys:
        raise ValueError(f"{path} has no key")
    for line in keys:
        try:
            yield SshPublicKey.read(line)
        except ValueError as error:
            raise ValueError(f"{path}, line {lines.index(line) + 1}: {error}") from error


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_KEY_FILE + 1)
    except OSError as cause:
        raise ValueError(f"{path} cannot be read: {cause.strerror}") from cause
    if len(data) > _MAX_KEY_FILE:
        raise ValueError(f"{path} has more than {_MAX_KEY_FILE:,} bytes; expected public keys")
    return data.decode("utf-8", "replace").splitlines()


def _duplicates(document: Document, people: list[tuple[KeyPath, Person]]) -> Iterator[Mistake]:
    """Yield what two people share that tells one from the other: they would be one."""
    first: dict[tuple[str, str], Person] = {}
    for path, person in people:
        for noun, key, value in _identities(person):
            other = first.setdefault((noun, value), person)
            if other is not person:
                message = (
                    f"the {noun} of {person.id} is that of {other.id} as well: nobody could tell "
                    "who approved; each person has one entry, and nobody shares a key"
                )
                yield document.mistake((*path, key), message)


def _identities(person: Person) -> Iterator[tuple[str, str, str]]:
    """Yield what identifies a person: in words, the key of the settings, and the value."""
    yield "id", "id", visible(person.id)
    for key in ("name", "email"):
        if value := visible(getattr(person, key)):
            yield key, key, value
    for ssh_key in dict.fromkeys(person.ssh_keys):
        yield "SSH key", "ssh_keys", ssh_key
    for issuer, subject in dict.fromkeys(person.oidc):
        yield "OIDC subject", "oidc", f"{issuer}\n{subject}"


def _text(entry: JsonObject, key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def _list(entry: JsonObject, key: str) -> list[str]:
    values: Any = entry.get(key)
    return [text for text in values if isinstance(text, str)] if isinstance(values, list) else []
