"""The populations that evaluations sealed, against those that the store has for that moment.

Rows are compared with their leaves elsewhere. Here it is recomputed which of them there were when
an evaluation read: all that had been stored by its moment, up to the last one that it names, or
that the store's own log stated before the evaluation.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ccm_core.errors import CcmError
from ccm_core.ledger.population import PopulationTree
from ccm_core.ledger.verification_result import VerificationProblem
from ccm_core.model.evaluation.derived import connection_of, derived_log, is_derived
from ccm_core.model.evaluation.evidence_read import COLLECTIONS, MANIFESTS, EvidenceRead, KindRead
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.store.log.evaluation_frames import BASE_DOCUMENT, decode_evaluation
from ccm_core.store.sql.instants import microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ccm_core.store.sql.transaction import Transaction

    _Rows: TypeAlias = Iterator[tuple[int, int, str, str | None]]
    """The number of each row that counts, its moment, its key and its digest."""

_VERSIONS = """
    SELECT version.collection, version.stored_at, version.key, version.digest
    FROM version
    WHERE version.connection = :connection AND version.kind = :kind
    ORDER BY version.seq
"""
_COLLECTIONS = """
    SELECT seq, ended_at, id, digest FROM collection WHERE connection = :connection ORDER BY seq
"""
_MANIFESTS = """
    SELECT manifest.seq, manifest.ended_at, run.id, manifest.digest
    FROM manifest JOIN run ON run.seq = manifest.run
    WHERE run.connection = :connection
    ORDER BY manifest.seq
"""
_QUERIES = {COLLECTIONS: _COLLECTIONS, MANIFESTS: _MANIFESTS}


_ANY_MOMENT = 2**63 - 1
"""Rows and verdicts count by their place in the log, not by when they were stored."""
_NAMES = {"collection": "id", "manifest": "run"}
"""The field that names a leaf."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRowsAndVerdicts:
    """What an evaluation says of the rows and verdicts of one connection that it left."""

    connection: str
    kinds: tuple[KindRead, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedEvaluation:
    """What is read here of the document of an evaluation."""

    evaluated_at: datetime
    connections: tuple[str, ...]
    evidence_read: tuple[EvidenceRead, ...] = ()
    derived: tuple[SealedRowsAndVerdicts, ...] = ()


@dataclass(slots=True)
class LogPositions:
    """What the logs had, when the store's own log stated their heads."""

    last: dict[tuple[str, int], tuple[str | None, str | None]] = field(default_factory=dict)
    """The last collection and the run of the last manifest, by log and stated size."""
    evaluations: dict[str, int] = field(default_factory=dict)
    """The leaf of the store's own log, by the digest of an evaluation."""
    evaluated_in: dict[str, int] = field(default_factory=dict)
    """The entry of the leaf of an evaluation, by its digest."""
    collected_in: list[tuple[int, str]] = field(default_factory=list)
    """The entry of each collection, and its id."""
    _newest: dict[tuple[str, str], str] = field(default_factory=dict)
    """The last collection and the run of the last manifest of each log so far."""

    def add(
        self, log: str, index: int, leaf: Mapping[str, Any], *, entry: int, stated: bool
    ) -> None:
        """Add the next leaf of a log.

        Args:
            log: Its name.
            index: The number of the leaf.
            leaf: Its fields.
            entry: The number of the entry that it is in, which counts those of all logs.
            stated: Whether the store stated the head after it.
        """
        form = leaf.get("leaf")
        if form in _NAMES:
            self._newest[log, str(form)] = str(leaf.get(_NAMES[str(form)]))
        if form == "evaluation":
            self.evaluations.setdefault(str(leaf.get("digest")), index)
            self.evaluated_in.setdefault(str(leaf.get("digest")), entry)
        elif form == "collection":
            self.collected_in.append((entry, str(leaf.get("id"))))
        if stated:
            newest = (self._newest.get((log, form)) for form in ("collection", "manifest"))
            self.last[log, index + 1] = (next(newest), next(newest))


class _Seal(NamedTuple):
    """A sealed population, and up to which row it reaches."""

    bound: int
    at: int
    root: str
    evaluation: str


_Seals: TypeAlias = "defaultdict[tuple[str, str], list[_Seal]]"
"""By log and kind."""


def population_problems(
    transaction: Transaction,
    positions: LogPositions,
    stated: Sequence[tuple[int, Mapping[str, int]]],
) -> Iterator[VerificationProblem]:
    """Yield the sealed populations that are not those of the store.

    Args:
        transaction: Sees one state of the store.
        positions: What the logs had at stated sizes.
        stated: The statements of the store's own log: the leaf, and the size of each log.
    """
    seals: _Seals = defaultdict(list)
    bounds = _Bounds(transaction, positions, stated)
    query = f"SELECT digest, document, {BASE_DOCUMENT} FROM evaluation ORDER BY seq"
    for digest, document, base in transaction.rows(query):
        try:
            evaluation = decode_evaluation(document, base, digest, SealedEvaluation, "evaluation")
        except CcmError:  # its row is checked apart
            continue
        sealed = {read.connection: read for read in evaluation.evidence_read}
        for connection in sorted(set(evaluation.connections) - sealed.keys()):
            yield _problem(connection, COLLECTIONS, digest, "it does not seal what it read")
        at = microseconds(evaluation.evaluated_at)
        for connection, read in sealed.items():
            collection, manifest = bounds.of(digest, read)
            for sealed_kind in read.kinds:
                name = sealed_kind.kind
                bound = manifest if name == MANIFESTS else collection
                seals[connection, name].append(_Seal(bound, at, sealed_kind.root, digest))
        for state in evaluation.derived:
            _add_derived(seals, state, bounds.left(digest, state.connection), digest)
    for (log, kind), sealed_roots in sorted(seals.items()):
        query = _QUERIES.get(kind, _VERSIONS)

        def rows(query: str = query, log: str = log, kind: str = kind) -> _Rows:
            return transaction.rows(query, connection=log, kind=kind)

        verb = "left" if is_derived(log) else "read"
        for seal, root in _differing(rows, sealed_roots):
            problem = f"it {verb} the population {seal.root}, and the store had {root}"
            yield _problem(connection_of(log), kind, seal.evaluation, problem)


def _add_derived(seals: _Seals, state: SealedRowsAndVerdicts, bound: int, evaluation: str) -> None:
    """Add the populations of rows and verdicts; equal roots that follow each other are one text."""
    log = derived_log(state.connection)
    for left in state.kinds:
        of_kind = seals[log, left.kind]
        root = of_kind[-1].root if of_kind and of_kind[-1].root == left.root else left.root
        of_kind.append(_Seal(bound, _ANY_MOMENT, root, evaluation))


class _Bounds:
    """Finds up to which collection, or which manifest, an evaluation has to have read."""

    def __init__(
        self,
        transaction: Transaction,
        positions: LogPositions,
        stated: Sequence[tuple[int, Mapping[str, int]]],
    ) -> None:
        self._positions, self._stated = positions, stated
        self._indexes = [index for index, _ in stated]
        self._collections: dict[str, int] = dict(transaction.rows("SELECT id, seq FROM collection"))
        self._manifests: dict[str, int] = dict(
            transaction.rows(
                "SELECT run.id, manifest.seq FROM manifest JOIN run ON run.seq = manifest.run"
            )
        )

    def of(self, evaluation: str, read: EvidenceRead) -> tuple[int, int]:
        """Return the numbers of the last collection and the last manifest that it must have seen.

        Those that it names, or that the store's own log stated before it, where those are later.
        """
        collection, run = self._last_stated(evaluation, read.connection)
        names = (read.last_collection, collection), (read.last_run, run)
        collections = (self._collections.get(name or "", 0) for name in names[0])
        manifests = (self._manifests.get(name or "", 0) for name in names[1])
        return max(collections), max(manifests)

    def _last_stated(self, evaluation: str, connection: str) -> tuple[str | None, str | None]:
        leaf = self._positions.evaluations.get(evaluation, 0)
        return self._last_in(connection, bisect_left(self._indexes, leaf))

    def left(self, evaluation: str, connection: str) -> int:
        """Return the number of the last collection of rows or verdicts that it left.

        The statement that follows its leaf states the log, where it has grown since the one before.
        """
        leaf = self._positions.evaluations.get(evaluation, 0)
        collection, _ = self._last_in(derived_log(connection), bisect_left(self._indexes, leaf) + 1)
        return self._collections.get(collection or "", 0)

    def _last_in(self, log: str, statements: int) -> tuple[str | None, str | None]:
        for _, sizes in reversed(self._stated[:statements]):
            if log in sizes:
                return self._positions.last.get((log, sizes[log]), (None, None))
        return None, None


def _differing(rows: Callable[[], _Rows], seals: Iterable[_Seal]) -> Iterator[tuple[_Seal, str]]:
    """Yield the seals whose root is not that of the rows, each with that root."""
    population, remaining, latest = PopulationTree(), rows(), 0
    row = next(remaining, None)
    for seal in sorted(seals):
        while row is not None and row[0] <= seal.bound:
            _, moment, key, digest = row
            population.put(key, digest)
            latest, row = max(latest, moment), next(remaining, None)
        # Else it is of a moment of the past, or clocks went back.
        root = population.root if latest <= seal.at else _root_as_of(rows(), seal)
        if root != seal.root:
            yield seal, root


def _root_as_of(rows: _Rows, seal: _Seal) -> str:
    return PopulationTree(
        (key, digest)
        for number, moment, key, digest in rows
        if number <= seal.bound and moment <= seal.at
    ).root


def _problem(connection: str, kind: str, evaluation: str, problem: str) -> VerificationProblem:
    return VerificationProblem(
        label=f"evaluation {evaluation}, {kind} of {connection}",
        table="evaluation",
        field=kind,
        problem=problem,
    )
