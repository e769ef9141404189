"""Seals what an evaluation reads of one connection, while it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ccm_core.ledger.population import PopulationTree
from ccm_core.model.evaluation.evidence_read import (
    COLLECTIONS,
    MANIFESTS,
    EvidenceRead,
    KindRead,
)
from ccm_core.model.evidence.record import Record
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.sdk.view import View


@dataclass(slots=True, kw_only=True)
class EvidenceSeals:
    """Gathers the populations that an evaluation reads of one connection."""

    connection: str
    _last_collection: str | None = None
    _last_run: str | None = None
    _kinds: dict[str, KindRead] = field(default_factory=dict)

    def __contains__(self, kind: str) -> bool:
        """Return whether a kind was sealed already."""
        return kind in self._kinds

    def collections(self, stored: Sequence[tuple[str, str]]) -> None:
        """Seal all collections by their ids and stored digests, in the order of storing."""
        self._last_collection = stored[-1][0] if stored else None
        self.population(COLLECTIONS, PopulationTree(stored))

    def manifests(self, kind: str, stored: Sequence[tuple[str, str]]) -> None:
        """Seal all manifests by their runs and stored digests, and so the kind made of them."""
        self._last_run = stored[-1][0] if stored else None
        self.population(kind, PopulationTree(stored))

    def records(self, kind: str, records: Iterable[Record]) -> Iterator[Record]:
        """Yield the records of a kind as they are read, and seal them at the end."""
        population = PopulationTree()
        for record in records:
            population.put(record.key, record.digest)
            yield record
        self.population(kind, population)

    def population(self, kind: str, population: PopulationTree) -> None:
        """Seal the whole population of a kind."""
        self.root(kind, population.size, population.root)

    def root(self, kind: str, records: int, root: str) -> None:
        """Seal a kind by the number of its records and the root over them."""
        self._kinds[kind] = KindRead(kind=kind, records=records, root=root)

    def sealed(self, manifests: str | None, kinds: AbstractSet[str]) -> EvidenceRead:
        """Return the seals of what some kinds rest on; ``manifests`` is the kind made of those."""
        read = {COLLECTIONS: self._kinds[COLLECTIONS]}
        for kind in kinds:
            name = MANIFESTS if kind == manifests else kind
            sealed = self._kinds[kind]
            read[name] = KindRead(kind=name, records=sealed.records, root=sealed.root)
        return EvidenceRead(
            connection=self.connection,
            last_collection=self._last_collection,
            last_run=self._last_run if manifests in kinds else None,
            kinds=tuple(read[name] for name in sorted(read)),
        )


def kinds_read(
    packs: CompiledPacks, views: Mapping[str, View], collected: AbstractSet[str]
) -> AbstractSet[str]:
    """Return the kinds that packs read of a connection that collects some kinds."""
    groups = [
        group
        for pack in packs.packs
        for group in pack.groups
        if group.over in packs.inputs and collected >= set(packs.inputs[group.over])
    ]
    inputs = {kind for group in groups for kind in packs.inputs[group.over]}
    lookups = {kind for group in groups for rule in group.rules for kind in rule.lookup_kinds}
    asked = {
        asked.kind
        for group in groups
        if (view := views.get(group.over)) is not None
        for asked in view.earliest
    }
    return inputs | ((lookups | asked) & collected)
