"""The nouns of a source that installed schemas name: in paths and subjects, only they are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.field_report.field_spec import FieldSpec, field_spec

if TYPE_CHECKING:
    from ccm_core.sdk.types import EvidenceKind

_API_VERSION = re.compile(r"v[0-9]{1,2}")
_HIDDEN = "{}"
_LONGEST_PATH = 160
_OTHER = "other"
_OWN_SUBJECTS = frozenset(
    {
        "account",
        "clock",
        "connection",
        "connector",
        "credential",
        "credential age",
        "evidence",
        "scopes",
        "visibility",
    }
)
"""What the host checks of any connection, and what every connector does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNouns:
    """What kinds and their fields are called: a path may hold names of people beside them."""

    kinds: frozenset[str]
    nouns: frozenset[str]
    """Without underscores, in the singular."""

    def endpoint(self, path: str) -> str:
        """Return a path of which every segment that is no known noun is hidden: ``/users/{}``."""
        segments = path.split("?", 1)[0].split("/")
        shown = (part if not part or self._is_shown(part) else _HIDDEN for part in segments)
        return "/".join(shown)[:_LONGEST_PATH]

    def subject(self, subject: str) -> str:
        """Return what a diagnosis is about: a kind, a noun or a path; ``other`` for the rest."""
        if subject.startswith("/"):
            return self.endpoint(subject)
        is_shown = subject in self.kinds or subject in _OWN_SUBJECTS or self._is_shown(subject)
        return subject if is_shown else _OTHER

    def _is_shown(self, word: str) -> bool:
        return _API_VERSION.fullmatch(word) is not None or _singular(word) in self.nouns


def known_nouns(kinds: Iterable[EvidenceKind]) -> KnownNouns:
    """Return the nouns of some kinds, of parts of their names, and of their fields."""
    names, nouns = set(), set()
    for kind in kinds:
        names.add(kind.name)
        nouns |= set(_parts(kind.name.rpartition(".")[2]))
        nouns |= set(_fields(field_spec(kind.schema())))
    return KnownNouns(kinds=frozenset(names), nouns=frozenset(map(_singular, nouns)))


def _parts(noun: str) -> Iterator[str]:
    """Yield the words of a noun that follow each other: ``log``, ``log_entry``, ``entry``."""
    words = noun.split("_")
    for first in range(len(words)):
        for last in range(first, len(words)):
            yield "_".join(words[first : last + 1])


def _fields(spec: FieldSpec) -> Iterator[str]:
    for name, child in spec.properties.items():
        yield name
        yield from _fields(child)
    if spec.items is not None:
        yield from _fields(spec.items)


def _singular(word: str) -> str:
    joined = word.replace("_", "")
    if joined.endswith("ies"):
        return f"{joined[:-3]}y"
    return joined.removesuffix("s")
