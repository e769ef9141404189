"""What ``lookup(kind, key)`` answers from, and which records it was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ccm_core.model.json_codec import JsonObject

NOT_IN_EVIDENCE = "not in the evidence: "
"""Leads the message of a lookup that finds nothing, so that it is known as that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupRecord:
    """A record that a rule may look up."""

    body: JsonObject
    digest: str
    """Of the stored bytes of the body."""


LookupRecords = Mapping[str, Mapping[str, LookupRecord]]
"""Records by kind and key."""


class LookupTable:
    """The records of the connection that is being judged. One evaluation uses it at a time.

    Conditions are compiled once and judge one connection after the other, so what they look
    things up in is set here by the evaluator, never by a rule.
    """

    def __init__(self) -> None:
        """Begin without any record: every lookup is insufficient."""
        self._records: LookupRecords = {}
        self._lacking: Mapping[str, str] = {}
        self._read: set[str] = set()

    def serve(self, records: LookupRecords, incomplete_objects: Mapping[str, str]) -> None:
        """Answer from these records from now on.

        Args:
            records: By kind and key.
            lacking: Why an object's evidence is incomplete, by ``kind:key``.
        """
        self._records, self._lacking, self._read = records, incomplete_objects, set()

    def find(self, kind: str, key: str | int) -> JsonObject:
        """Give the body of a record.

        Raises:
            LookupError: It is not in the evidence, or only in part.
        """
        name = f"{kind} {key}"
        if why := self._lacking.get(f"{kind}:{key}"):
            raise LookupError(f"{NOT_IN_EVIDENCE}{name}: {why}")
        found = self._records.get(kind, {}).get(str(key))
        if found is None:
            raise LookupError(f"{NOT_IN_EVIDENCE}no {name} in the evidence")
        self._read.add(found.digest)
        return found.body

    def taken(self) -> AbstractSet[str]:
        """Give the digests of the records read since this was last asked."""
        if not self._read:
            return _NOTHING
        read, self._read = self._read, set()
        return read


_NOTHING: frozenset[str] = frozenset()
