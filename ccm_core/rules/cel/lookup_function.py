"""The records that ``lookup(kind, key)`` reads, and which of them it returned."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.runtime import new_environment
from ccm_core.rules.cel.runtime_errors import NOT_IN_EVIDENCE

if TYPE_CHECKING:
    from cel_expr_python import cel


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupRecord:
    """A record that a rule may look up."""

    body: JsonObject
    digest: str
    """Of the stored bytes of the body."""


LookupRecords = Mapping[str, Mapping[str, LookupRecord]]
"""Records by kind and key."""


class LookupTable:
    """The records that one evaluation looks up, of one connection, and which of them it read.

    Compiled packs hold no records, so that evaluations can share them. Each evaluation makes a
    table and hands it over with every row; it binds the programs that look up to itself.
    """

    def __init__(
        self, records: LookupRecords, incomplete_objects: Mapping[str, str] | None = None
    ) -> None:
        """Offer some records.

        Args:
            records: By kind and key.
            incomplete_objects: Why an object's evidence is incomplete, by ``kind:key``.
        """
        self._records, self._incomplete_objects = records, incomplete_objects or {}
        self._read: dict[str, str] = {}
        """The digests of the records read, by ``kind:key``."""
        self._environment: cel.Env | None = None
        self._programs: dict[bytes, cel.Expression] = {}

    def bound(self, program: bytes) -> cel.Expression:
        """Return a serialized program that looks up in this table."""
        bound = self._programs.get(program)
        if bound is None:
            self._environment = self._environment or new_environment({}, self.find)
            bound = self._programs[program] = self._environment.deserialize(program)
        return bound

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
        self._read[f"{kind}:{key}"] = record.digest
        return record.body

    def pop_read(self) -> Mapping[str, str]:
        """Return the records read since the last call: their digests, by ``kind:key``."""
        if not self._read:
            return _NOTHING
        read, self._read = self._read, {}
        return read


_NOTHING: Mapping[str, str] = MappingProxyType({})
