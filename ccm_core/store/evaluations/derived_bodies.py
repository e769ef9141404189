"""The bodies of rows and verdicts that an evaluation left, proven to be those."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError
from ccm_core.ledger.population import PopulationTree
from ccm_core.model import json_codec
from ccm_core.model.evaluation.derived import VERDICTS, derived_log
from ccm_core.store.codec.bodies import verified
from ccm_core.store.derived import anew
from ccm_core.store.log import content_dictionaries
from ccm_core.store.records import populations
from ccm_core.store.sql.transaction import batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ccm_core.model.evaluation.evidence_read import KindRead
    from ccm_core.model.evaluation.result import DerivedState
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.store.codec.compression import Decompressor
    from ccm_core.store.sql.transaction import Transaction

    Body = JsonObject

_MOST_DECODED = 4096
_AT = """
    SELECT version.key, version.digest, body.content
    FROM version LEFT JOIN body ON body.digest = version.digest
    WHERE version.connection = :connection AND version.kind = :kind AND version.seq <= :position
        AND NOT EXISTS (
            SELECT 1 FROM version AS later
            WHERE later.connection = :connection AND later.kind = :kind
                AND later.key = version.key AND later.seq > version.seq AND later.seq <= :position
        )
        AND version.digest IS NOT NULL
    ORDER BY version.key
"""
_VERSIONS = """
    SELECT version.key, version.seq, version.digest, body.content
    FROM version LEFT JOIN body ON body.digest = version.digest
    WHERE version.connection = :connection AND version.kind = :kind AND version.seq <= :position
    ORDER BY version.key, version.seq
"""
_DIGESTS = """
    SELECT seq, key, digest FROM version
    WHERE connection = :connection AND kind = :kind AND seq <= :position
    ORDER BY seq
"""
_OF_KEY = """
    SELECT version.digest, body.content
    FROM version LEFT JOIN body ON body.digest = version.digest
    WHERE version.connection = :connection AND version.kind = :kind AND version.key = :key
        AND version.seq <= :position
    ORDER BY version.seq DESC LIMIT 1
"""
_CURRENT = """
    SELECT current_version.key, current_version.digest, body.content
    FROM current_version LEFT JOIN body ON body.digest = current_version.digest
    WHERE current_version.connection = :connection AND current_version.kind = :kind
        AND current_version.digest IS NOT NULL {}
    ORDER BY current_version.key
"""
_SOME = _CURRENT.format("AND current_version.key IN (:values)")


@dataclass(slots=True)
class KeptBodies:
    """The rows and verdicts of one connection at the position of an evaluation."""

    transaction: Transaction
    state: DerivedState
    position: int
    is_current: bool = False
    """Whether nothing was derived since: then the read model is that of the evaluation."""
    kinds: Mapping[str, KindRead] = field(default_factory=dict)
    """What the evaluation left, by kind."""
    _decompressor: Decompressor = field(init=False)
    _decoded: dict[str, Body] = field(default_factory=dict)
    """Verdicts by digest, some thousand: equal ones are one body."""

    def __post_init__(self) -> None:
        """Look up whether something was derived since."""
        self._decompressor = content_dictionaries.reader(self.transaction)
        self.kinds = {read.kind: read for read in self.state.kinds}
        self.is_current = not anew.changed_after(
            self.transaction, self.state.connection, self.position
        )

    @property
    def log(self) -> str:
        """Return the log that holds them."""
        return derived_log(self.state.connection)

    def whole(self, kind: str) -> Iterator[tuple[str, Body]]:
        """Yield all bodies of a kind, by key; what was yielded is proven when it ends.

        Those that were erased by order are left out: results on their subjects are not there any
        more, and the numbers of the evaluation still count them.

        Raises:
            IntegrityError: They are not those that the evaluation left.
        """
        query = _CURRENT.format("") if self.is_current else _AT
        rows = self.transaction.rows(query, position=self.position, connection=self.log, kind=kind)
        tree = PopulationTree()
        for key, digest, content in rows:
            tree.put(key, digest)
            if not self._is_erased(digest, content):
                yield key, self._body(kind, key, digest, content)
        self._compare(kind, tree.root)

    def versions(self, kind: str) -> Iterator[tuple[str, Sequence[tuple[int, Body | None]]]]:
        """Yield each key with its bodies up to the evaluation, by the number of their version.

        None: it vanished, or was erased by order. What was yielded is proven when it ends.

        Raises:
            IntegrityError: The last are not those that the evaluation left.
        """
        rows = self.transaction.rows(
            _VERSIONS, position=self.position, connection=self.log, kind=kind
        )
        tree = PopulationTree()
        for key, versions in groupby(rows, key=itemgetter(0)):
            bodies: list[tuple[int, Body | None]] = []
            for _, number, digest, content in versions:
                is_gone = digest is None or self._is_erased(digest, content)
                bodies.append((number, None if is_gone else self._body(kind, key, digest, content)))
                tree.put(key, digest)
            yield key, bodies
        self._compare(kind, tree.root)

    def require_roots(self, kind: str, left: Iterable[tuple[int, DerivedState]]) -> None:
        """Compare the digests of a kind with what each of some evaluations left, by position.

        Raises:
            IntegrityError: They are not those.
        """
        rows = self.transaction.rows(
            _DIGESTS, position=self.position, connection=self.log, kind=kind
        )
        tree, following = PopulationTree(), next(rows, None)
        for position, state in left:
            while following is not None and following[0] <= position:
                tree.put(following[1], following[2])
                following = next(rows, None)
            if any(read.kind == kind and read.root != tree.root for read in state.kinds):
                raise self.damage(kind, "they are not those that an evaluation left")

    def at(self, kind: str, key: str) -> Body | None:
        """Return the body of a key at the evaluation; None: it was not there, or is erased."""
        row = self.transaction.row(
            _OF_KEY, position=self.position, connection=self.log, kind=kind, key=key
        )
        if row is None or row[0] is None or self._is_erased(*row):
            return None
        return self._body(kind, key, *row)

    def some(self, kind: str, keys: Iterable[str]) -> Iterator[tuple[str, Body]]:
        """Yield the current bodies of some keys; of the others only their digests are read.

        Raises:
            IntegrityError: They are not those that the evaluation left.
        """
        self._compare(kind, populations.population(self.transaction, self.log, kind).root)
        ordered = sorted(keys)
        populations.require_unchanged(self.transaction, self.log, kind, ordered)
        for some in batches(ordered):
            rows = self.transaction.rows_in(_SOME, some, connection=self.log, kind=kind)
            for key, digest, content in list(rows):
                if not self._is_erased(digest, content):
                    yield key, self._body(kind, key, digest, content)

    def damage(self, kind: str, problem: str) -> IntegrityError:
        """Return the error that something derived is not what the evaluation left."""
        return IntegrityError(
            f"{kind} of {self.state.connection} is damaged: {problem}. Run `ccm verify`, and "
            "restore the store from a backup."
        )

    def _compare(self, kind: str, root: str) -> None:
        if kind in self.kinds and root != self.kinds[kind].root:
            raise self.damage(kind, "they are not those that the evaluation left")

    def _is_erased(self, digest: str, content: bytes | None) -> bool:
        query = "SELECT EXISTS (SELECT 1 FROM erased WHERE digest = :digest)"
        return content is None and bool(self.transaction.value(query, digest=digest))

    def _body(self, kind: str, key: str, digest: str, content: bytes) -> Body:
        body = self._decoded.get(digest)
        if body is None:
            try:
                body = json_codec.decode_own(verified(content, digest, self._decompressor))
            except ValueError as damage:
                raise self.damage(kind, f"{key}: {damage}") from damage
            if kind.startswith(VERDICTS):
                if len(self._decoded) >= _MOST_DECODED:
                    self._decoded.clear()
                self._decoded[digest] = body
        return body
