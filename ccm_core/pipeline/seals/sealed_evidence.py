"""Compares evidence with what the last evaluation read and what was stored since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ccm_core.errors import IntegrityError
from ccm_core.ledger.population import PopulationTree
from ccm_core.model.evidence.watermark import Watermark
from ccm_core.pipeline.seals.evidence_seals import EvidenceSeals
from ccm_core.store.interface.evidence_store import EvidenceStore


def other_records(connection: str, kind: str) -> IntegrityError:
    """Return the error that names a kind whose records are not those that were read before."""
    return IntegrityError(
        f"the records of {kind} of {connection} are not those that the last evaluation read and "
        "what was stored since; run `ccm verify`, and restore the store from a backup"
    )


@dataclass(slots=True, kw_only=True)
class SealedEvidence(EvidenceSeals):
    """Refuses a kind of one connection that is not what the last evaluation by change sealed."""

    store: EvidenceStore
    as_of: datetime
    """The moment at which records are read."""
    _roots: Mapping[str, str] = field(default_factory=dict)
    """By kind: the root over the records that it read."""
    _watermarks: Mapping[str, Watermark] = field(default_factory=dict)
    """By kind: up to where."""

    @classmethod
    def of(cls, store: EvidenceStore, connection: str, as_of: datetime) -> SealedEvidence:
        """Read what the last evaluation sealed; without one, whatever is read is taken."""
        stored = store.evaluations.latest_stored()
        if stored is None:
            return cls(connection=connection, store=store, as_of=as_of)
        evaluation, act = stored
        watermarks = act.watermarks.get(connection, {})
        return cls(
            connection=connection,
            store=store,
            as_of=as_of,
            _roots={
                kind.kind: kind.root
                for read in evaluation.evidence_read
                if read.connection == connection
                for kind in read.kinds
            },
            _watermarks={name.partition(" ")[2]: mark for name, mark in watermarks.items()},
        )

    def population(self, kind: str, population: PopulationTree) -> None:
        """Compare the whole population of a kind with what was sealed.

        Raises:
            IntegrityError: It is another one.
        """
        EvidenceSeals.population(self, kind, population)
        watermark, records = self._watermarks.get(kind), self.store.records
        if watermark is None or kind not in self._roots:
            return
        change = records.changes_since(self.connection, kind, watermark, as_of=self.as_of)
        if change is None:
            return  # erased since, or another store
        keys = change.changed_keys
        before: dict[str, str | None] = dict.fromkeys(keys)
        for record in records.get_many_at(self.connection, kind, keys, watermark):
            before[record.key] = record.digest
        if population.changed(before.items()).root != self._roots[kind]:
            raise other_records(self.connection, kind)
