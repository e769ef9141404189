"""What the evaluations of a time state, read from the store by change: none is made whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from itertools import count, islice

from ccm_core.bundle.verifier.archive import UnreadableBundle
from ccm_core.bundle.verifier.contents import Leaves, erased_digests, moment
from ccm_core.bundle.verifier.derived.derived_history import ConnectionLogs, DerivedHistory
from ccm_core.bundle.verifier.derived.derived_log import (
    DerivedNeed,
    by_change,
    derived_need,
    derived_versions,
)
from ccm_core.bundle.verifier.derived_package import (
    EvidenceEntries,
    VersionEntries,
    body_readers,
)
from ccm_core.bundle.verifier.evaluations import (
    History,
    Reading,
    empty_history,
    read_evaluations,
)
from ccm_core.bundle.verifier.populations import ReadBounds
from ccm_core.bundle.verifier.proofs.leaf_table import (
    LeafTable,
    pack_digest,
    unpack_digest,
)
from ccm_core.bundle.verifier.proofs.log_checks import read_fields
from ccm_core.bundle.verifier.scope import period_evaluations
from ccm_core.bundle.verifier.strict_json import read_json
from ccm_core.errors import IntegrityError
from ccm_core.model import json_codec
from ccm_core.model.evaluation.derived import derived_log
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.store.interface.ledger import LedgerStore

_BODIES = 500
"""How many bodies are in memory at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHistory:
    """Reads the evaluations of a time with the rows and verdicts that they left."""

    ledger: LedgerStore
    store_log: Leaves
    """Every leaf of it."""
    evaluations: Leaves
    """The leaves of the evaluations."""
    need: DerivedNeed
    period: tuple[datetime, datetime]
    """The period whose items are counted."""
    connections: Sequence[str]
    """Those over which evaluations by change were made."""
    tables: dict[str, LeafTable] = field(default_factory=dict)
    """The logs that were read."""

    @classmethod
    def of(
        cls,
        ledger: LedgerStore,
        store_log: Leaves,
        period: tuple[datetime, datetime],
        rules: Collection[str],
        latest: datetime | None = None,
    ) -> StoredHistory:
        """Return what reads the evaluations of a period, as far as they are about some rules.

        Evaluations that are later than ``latest`` are left out.
        """
        evaluations = {
            index: leaf
            for index, leaf in period_evaluations(store_log, *period).items()
            if latest is None or moment(leaf["evaluated_at"]) <= latest
        }
        by_inputs = {leaf.get("inputs"): leaf["digest"] for leaf in by_change(evaluations).values()}
        contents = ledger.contents("evaluation", by_inputs.values())
        documents = [read_json(content) for _, content in contents if content is not None]
        return cls(
            ledger=ledger,
            store_log=store_log,
            evaluations=evaluations,
            need=derived_need(store_log, evaluations, documents, rules),
            period=period,
            connections=sorted(
                {name for document in documents for name in document["connections"]}
            ),
        )

    def read(
        self,
        rules: Collection[str],
        connections: Collection[str],
        manifests: Mapping[str, str] | None = None,
        frameworks: Collection[str] = (),
    ) -> History:
        """Return what the evaluations state.

        Args:
            rules: Whose results.
            connections: Over which connections.
            manifests: By connection, the kind of its manifests; None: nobody asks for the evidence
                behind results.
            frameworks: Those whose scopes are read.

        Raises:
            IntegrityError: They do not follow from the rows and verdicts that are stored.
            BoundExceeded: One of these is larger than a verifier reads.
        """
        erased = erased_digests(self.store_log)
        reading = Reading(set(rules), set(connections), erased, self.period, set(frameworks))
        history, problems = empty_history(), list[str]()
        logs = {
            name: self._logs(name, reading, None if manifests is None else manifests[name])
            for name in connections
        }
        reader = DerivedHistory(self.need, reading, logs, history, problems)
        try:
            read_evaluations(self._lines(), reading, history, reader)
        except UnreadableBundle as cause:
            problems.append(str(cause))
        if problems:
            raise IntegrityError(
                f"evaluations do not follow from what is stored: {'; '.join(problems[:5])}. "
                "`ccm verify` says what is damaged; restore the store from a backup"
            )
        return history

    def _lines(self) -> Iterator[tuple[int, JsonObject, bytes]]:
        indexes = {leaf["digest"]: index for index, leaf in self.evaluations.items()}
        for digest, content in self.ledger.contents("evaluation", indexes):
            if content is not None:
                yield indexes[digest], dict(self.evaluations[indexes[digest]]), content

    def _logs(self, name: str, reading: Reading, manifests: str | None) -> ConnectionLogs:
        versions, size = self._versions(derived_log(name))
        leaves = LeafTable() if manifests is None else self.table(name)
        evidence = None if manifests is None else EvidenceEntries(leaves, manifests)
        bounds = ReadBounds(self.store_log, leaves, name)

        def lines(kind: str) -> Iterator[tuple[bytes, bytes | None]]:
            return self._bodies(
                packed for _, of_kind, packed in versions.leaves.contents() if of_kind == kind
            )

        readers = body_readers(name, versions, reading.erased, lines, self.need.scopes)
        return ConnectionLogs(versions, readers, evidence, bounds, size)

    def table(self, log: str) -> LeafTable:
        """Return the leaves of a log; they are read once."""
        if log not in self.tables:
            self.tables[log] = table = LeafTable()
            for index, line in self.ledger.lines(log, count()):
                if not table.append_line(index, line):
                    table.append(index, read_fields(json_codec.decode(line)))
        return self.tables[log]

    def _versions(self, log: str) -> tuple[VersionEntries, int]:
        """Return the versions of a log that count, and how long it is."""
        size = self.need.size(log)
        if not size:
            return VersionEntries(LeafTable()), 0
        table = self.table(log)
        return VersionEntries(table.chosen(derived_versions(table, self.need, log))), size

    def _bodies(self, versions: Iterable[bytes]) -> Iterator[tuple[bytes, bytes | None]]:
        digests = iter(dict.fromkeys(versions))
        while some := list(islice(digests, _BODIES)):
            contents = self.ledger.contents("version", map(unpack_digest, some))
            yield from [(pack_digest(name), content) for name, content in contents]
