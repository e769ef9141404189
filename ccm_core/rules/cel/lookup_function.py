"""The records that ``lookup(kind, key)`` reads, and which of them it returned."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ccm_core.model.json_codec import JsonObject

NOT_IN_EVIDENCE = "not in the evidence: "
"""Leads the message of a lookup that finds nothing, so that it is recognized as that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupRecord:
    """A record that a rule may look up."""

    body: JsonObject
    digest: str
    """Of the stored bytes of the body."""


LookupRecords = Mapping[str, Mapping[str, LookupRecord]]
"""Records by kind and key."""


class LookupTable:
    """The records of the connection that is being evaluated. One evaluation uses it at a time.

    Conditions are compiled once and evaluated for one connection after the other, so the records
    are set here by the evaluator, never by a rule.
    """

    def __init__(self) -> None:
        """Start without any record: every lookup is insufficient."""
        self._records: LookupRecords = {}
        self._incomplete_objects: Mapping[str, str] = {}
        self._digests: set[str] = set()

    def load(self, records: LookupRecords, incomplete_objects: Mapping[str, str]) -> None:
        """Replace the records.

        Args:
            records: By kind and key.
            incomplete_objects: Why an object's evidence is incomplete, by ``kind:key``.
        """
        self._records, self._incomplete_objects = records, incomplete_objects
        self._digests = set()

    def find(self, kind: str, key: str | int) -> JsonObject:
        """Return the body of a record.

        Raises:
            LookupError: It is not in the evidence, or only in part.
        """
        name = f"{kind} {key}"
        if why := self._incomplete_objects.get(f"{kind}:{key}"):
            raise LookupError(f"{NOT_IN_EVIDENCE}{name}: {why}")
        record = self._records.get(kind, {}).get(str(key))
        if record is None:
            raise LookupError(f"{NOT_IN_EVIDENCE}no {name} in the evidence")
        self._digests.add(record.digest)
        return record.body

    def pop_digests(self) -> AbstractSet[str]:
        """Return the digests of the records read since the last call."""
        if not self._digests:
            return _NO_DIGESTS
        digests, self._digests = self._digests, set()
        return digests


_NO_DIGESTS: frozenset[str] = frozenset()
