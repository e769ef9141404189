"""The bodies of rows and verdicts: one reading of each, and a name for whatever is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from sys import intern
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.archive import UnreadableBundle
from ccm_core.bundle.verifier.contents import moment
from ccm_core.bundle.verifier.proofs.leaf_table import share_texts, unpack_digest
from ccm_core.bundle.verifier.scoping.framework_scopes import (
    OUTSIDE,
    FrameworkScopes,
    row_letters,
)
from ccm_core.bundle.verifier.strict_json import read_json

RESULT_STATUSES = ("error", "fail", "insufficient", "pass", "not_applicable")
"""The worst first."""
ROW_FIELDS = {"subject", "fields", "names", "absent", "unknown", "occurred_at", "final"}
SUBJECT_FIELDS = {"kind", "key", "title", "url", "owners"}
VERDICT_FIELDS = {"status", "reason", "due_at", "cause", "looked_up"}


class SubjectRow(NamedTuple):
    """What of a row decides which results on its subject count."""

    subject: Mapping[str, Any]
    names: tuple[str, ...]
    """The records that it was read from, as ``kind:key``."""
    occurred_at: datetime | None
    final: bool
    letters: str = ""
    """One for each scope that evaluations state: whether it is in it."""

    def is_outside(self, letter: int | None) -> bool:
        """Return whether the scope of a letter leaves it out; None leaves nothing out."""
        return letter is not None and self.letters[letter] == OUTSIDE

    def counts(self, since: datetime, *, rated: bool) -> bool:
        """Return whether it counts in a period that begins at a moment."""
        before = self.occurred_at is not None and self.occurred_at < since
        return not (before and (self.final or rated))


class RuleVerdict(NamedTuple):
    """What one rule says of one subject."""

    status: str
    looked_up: tuple[str, ...]
    is_due_later: bool = False
    """Whether it does not apply because it is not due yet."""


class DerivedVersion(NamedTuple):
    """A leaf that changed rows or verdicts."""

    number: int
    """Its index."""
    kind: str
    key: str
    digest: bytes | None
    """Packed; None: the subject is not there any more."""


class DerivedBodies:
    """Reads the bodies of one kind as its versions need them: each is there once, in their order.

    A body stays in memory for as long as a later version may name it again.
    """

    def __init__(
        self,
        label: str,
        lines: Iterable[tuple[bytes, bytes | None]],
        erased: Collection[bytes],
        connection: str = "",
        scopes: FrameworkScopes = (),
    ) -> None:
        self.label, self.erased = label, erased
        self.connection, self.scopes = connection, scopes
        self.lines: Iterator[tuple[bytes, bytes | None]] = iter(lines)
        self.next: tuple[bytes, bytes | None] | None = None
        self.uses: Counter[bytes] = Counter()
        """How many versions are still to come that name a body, of those that several name."""
        self.read: dict[bytes, Any] = {}

    def body(self, version: DerivedVersion) -> Any:
        """Return the body of a version, read; None where it was erased by order."""
        name = version.digest or b""
        if name not in self.read:
            self.read[name] = self.parse(version, self.content(version, name))
        if self.uses[name] > 1:
            self.uses[name] -= 1
            return self.read[name]
        self.uses.pop(name, None)
        return self.read.pop(name)

    def content(self, version: DerivedVersion, name: bytes) -> bytes | None:
        """Return the bytes that come next, where they are those of a version."""
        if self.next is None:
            self.next = next(self.lines, None)
        if self.next is not None and self.next[0] == name:
            content, self.next = self.next[1], None
            if content is not None:
                return content
        if name not in self.erased:
            raise UnreadableBundle(
                f"{self.label}: the body {unpack_digest(name)} of {version.key} is missing, or "
                "another one is in its place"
            )
        return None

    def parse(self, version: DerivedVersion, content: bytes | None) -> Any:
        """Read the body of a row or of verdicts."""
        if content is None:
            return None
        try:
            body = read_json(content, f"{self.label}: the body of {version.key}")
            if not version.kind.startswith("rows/"):
                return read_verdicts(body)
            return read_row(body, row_letters(self.scopes, self.connection, body))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnreadableBundle(
                f"{self.label}: the body of {version.key} has no form that is known ({error})"
            ) from error


def read_row(body: Mapping[str, Any], letters: str = "") -> SubjectRow:
    """Read the body of a row."""
    if set(body) != ROW_FIELDS or set(body["subject"]) != SUBJECT_FIELDS:
        raise ValueError(f"expected the fields {', '.join(sorted(ROW_FIELDS))}")
    if body["final"] not in (True, False):
        raise ValueError(f"expected true or false for final, got {body['final']!r}")
    at = body["occurred_at"]
    absent = set(body["absent"])
    names = tuple(intern(name) for name in body["names"] if name not in absent)
    occurred_at = None if at is None else moment(at)
    subject = body["subject"]
    shared = {name: share_texts(subject[name]) for name in ("kind", "owners")}
    return SubjectRow({**subject, **shared}, names, occurred_at, body["final"], intern(letters))


def read_verdicts(body: Mapping[str, Mapping[str, Any]]) -> dict[str, RuleVerdict]:
    """Read the body of what the rules of a pack say of a subject."""
    verdicts = {}
    for rule, verdict in body.items():
        if not {"status", "reason"} <= set(verdict) <= VERDICT_FIELDS:
            raise ValueError(f"{rule}: expected the fields {', '.join(sorted(VERDICT_FIELDS))}")
        if verdict["status"] not in RESULT_STATUSES:
            raise ValueError(f"{rule}: {verdict['status']!r} is no status")
        names = tuple(intern(name) for name in verdict.get("looked_up", ()))
        later = "due_at" in verdict
        verdicts[intern(rule)] = RuleVerdict(intern(verdict["status"]), names, later)
    return verdicts


def row_key(row: SubjectRow) -> str:
    """Return the key under which a row must stand."""
    return f"{row.subject['kind']}:{row.subject['key']}"
