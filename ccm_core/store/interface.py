"""What the stages may ask of an evidence store."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.model.evidence.collection import KindCount
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.evidence.write_batch import WriteBatch, Observation, Pack, Packed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Collection as Indexes
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.ledger.checkpoint import Checkpoint
    from ccm_core.ledger.key_history import SigningKey
    from ccm_core.ledger.multiproof import Excerpt
    from ccm_core.ledger.signed_note import Signer, VerifierKey
    from ccm_core.ledger.tlog_proof import LeafProof
    from ccm_core.model.evaluation.evaluation_inputs import EvaluationInputs
    from ccm_core.model.evaluation.finding import FindingChange
    from ccm_core.model.evaluation.result import Evaluation, KeptEvaluation, Outline
    from ccm_core.model.evidence.collection import Collection
    from ccm_core.model.evidence.erasure import Erased, Erasure
    from ccm_core.model.evidence.manifest import Manifest
    from ccm_core.model.evidence.record import Record, Rejected
    from ccm_core.model.evidence.watermark import Watermark, ChangesSince
    from ccm_core.model.evidence.window import Window
    from ccm_core.model.json_codec import JsonObject


class EvidenceStore(Protocol):
    """Keeps evidence. Appends only; what was kept is never changed.

    ``as_of`` selects what had been kept by that moment, by the end of the collection that kept
    it; None selects everything. Every method may raise ``StoreError``; reading a body whose
    bytes do not match its digest raises ``IntegrityError`` and names the record.
    """

    def claim(self, connection: str) -> AbstractContextManager[None]:
        """Hold a connection while it is collected, so that no other process does the same.

        Raises:
            StoreError: Another process holds it.
        """

    def begin(self, run: OpenRun) -> None:
        """SignedNote that a run has begun."""

    def packer(self) -> Pack:
        """Give what puts away the bodies of one window until they are kept; for one thread."""

    def keep(self, harvest: WriteBatch) -> Collection:
        """Keep one window of one kind in one transaction; give the collection, counts filled in.

        Bodies are kept once by digest. A version is appended only where the newest version of
        the key has another digest or is a tombstone. Either all of it is kept or none.
        """

    def seal(self, manifest: Manifest) -> None:
        """Write the manifest of a run and close it.

        Raises:
            StoreError: The run was never begun, or is sealed already.
        """

    def open_runs(self, connection: str) -> Sequence[OpenRun]:
        """List runs that were begun and never sealed, oldest first."""

    def collections(
        self,
        connection: str,
        kind: str | None = None,
        *,
        run: str | None = None,
        as_of: datetime | None = None,
        since: datetime | None = None,
    ) -> Sequence[Collection]:
        """List collections in the order in which they were kept, those of open runs included.

        Args:
            connection: Whose.
            kind: Only of this kind.
            run: Only of this run.
            as_of: Only what had been kept by then.
            since: Only those that ended later or whose window reaches further; and, however old,
                those of the runs that hold the newest of a kind with each outcome, among
                those with a window and among those without.
        """

    def manifests(
        self, connection: str | None = None, *, as_of: datetime | None = None
    ) -> Sequence[Manifest]:
        """List the manifests of sealed runs in the order in which they were sealed."""

    def sealed(self, connection: str, *, as_of: datetime) -> Sequence[tuple[str, Manifest]]:
        """List the manifests of a connection, each with the digest under which it is kept."""

    def state(
        self, connection: str, kind: str, *, as_of: datetime | None = None, key: str | None = None
    ) -> Iterator[Record]:
        """Give the newest version of every key that has not vanished, sorted by key.

        With ``key``, of that key alone.
        """

    def keys(self, connection: str, kind: str, among: AbstractSet[str]) -> AbstractSet[str]:
        """Give those of some keys that stand, without reading what is kept of them."""

    def since(
        self, connection: str, kind: str, mark: Watermark | None, *, as_of: datetime
    ) -> ChangesSince | None:
        """Say what was kept since a mark, read in one transaction, and give the next mark.

        Whoever makes the mark first and reads :meth:`state` after it has missed nothing.

        Args:
            connection: Whose.
            kind: Of which kind.
            mark: Up to where the records are known; None: they are not, and only the mark is
                wanted.
            as_of: The moment whose state is wanted.

        Returns:
            None where it cannot be told for certain, so that everything has to be read: something
            was kept after that moment, something was erased or came back since, or the mark is
            of another store.
        """

    def among(self, connection: str, kind: str, keys: AbstractSet[str]) -> Iterator[Record]:
        """Give the newest version of those of some keys that stand, sorted by key."""

    def added(self, collection: str) -> Iterator[Record]:
        """Give the records that a collection appended, in the order in which they were kept."""

    def history(
        self, connection: str, kind: str, key: str, *, as_of: datetime | None = None
    ) -> Iterator[Record]:
        """Give every kept version of one key, oldest first; tombstones are left out."""

    def erased(
        self, connection: str, kind: str, *, as_of: datetime | None = None
    ) -> Sequence[tuple[str, Window | None]]:
        """Give the keys that stand and whose bodies were erased, with the window of each."""

    def rejected(self, connection: str, kind: str) -> Iterator[tuple[str, Rejected]]:
        """Give objects that their schema refused, with the id of their collection."""

    def counts(self, *, as_of: datetime | None = None) -> Sequence[KindCount]:
        """Count what stands, by connection and kind, sorted."""

    def connections(self) -> Sequence[str]:
        """Name the connections that the store has runs of, sorted."""

    def keep_evaluation(
        self,
        evaluation: Evaluation,
        basis: EvaluationInputs | None = None,
        packs: Sequence[bytes] = (),
    ) -> str:
        """Keep an evaluation and give its digest. The same evaluation is kept once.

        Args:
            evaluation: What was said.
            basis: What it was made with; without it, it cannot be made again from the store.
            packs: The texts of the packs that the basis names.
        """

    def latest_evaluation(self, *, as_of: datetime | None = None) -> KeptEvaluation | None:
        """Give the evaluation that was kept last; with ``as_of``, by its own moment."""

    def evaluations(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[tuple[str, Evaluation]]:
        """Give evaluations with their digests, ``since <= moment < until``, in their own order."""

    def outlines(self, *, since: datetime, until: datetime) -> Sequence[Outline]:
        """Give how the rules stood at the end of each UTC day of a period that has an evaluation.

        The last evaluation of a day stands for it; those in between are not read.
        """

    def evaluation(self, digest: str) -> Evaluation:
        """Give an evaluation by its digest.

        Raises:
            StoreError: There is none.
        """

    def unfollowed(self) -> Sequence[str]:
        """Give the digests of evaluations later than all that were followed, in their order."""

    def keep_changes(self, evaluation: str, changes: Sequence[FindingChange]) -> bool:
        """SignedNote that an evaluation was followed, by its digest, and what it changed of findings.

        False where it, or a later one, was followed already: then nothing is kept.
        """

    def finding_changes(self, *, as_of: datetime | None = None) -> Iterator[FindingChange]:
        """Give the changes of findings in the order in which they happened."""

    def followed_at(self, *, as_of: datetime | None = None) -> datetime | None:
        """Give the moment of the last evaluation that was followed; None: there is none."""

    def basis(self, evaluation: str) -> EvaluationInputs | None:
        """Give what an evaluation was made with, by its digest; None where that was not kept.

        Raises:
            StoreError: There is no such evaluation.
        """

    def basis_kept_as(self, evaluation: str) -> str | None:
        """Give the digest under which the basis of an evaluation is kept.

        Raises:
            StoreError: There is no such evaluation.
        """

    def document(self, digest: str) -> bytes:
        """Give the text of a pack, or the bytes of a basis, by digest."""

    def pseudonym_key(self) -> bytes:
        """Give the 32 bytes under which this store makes pseudonyms; made with the store."""

    def head(self, log: str = STORE_LOG) -> Checkpoint:
        """Give what a log of the ledger is now, signed or not.

        Args:
            log: A connection's name, or the store's own log.
        """

    def signed_head(self, log: str = STORE_LOG) -> str | None:
        """Give the newest signed head of a log: a note; None where none was ever signed."""

    def signing_keys(self) -> Sequence[SigningKey]:
        """Give the keys that heads were signed with, the first one first."""

    def proven(
        self, log: str, wanted: Callable[[JsonObject], bool]
    ) -> Sequence[tuple[bytes, LeafProof]]:
        """Give leaves of a log, each with its proof against the log's newest signed head.

        Args:
            log: A connection's name, or the store's own log.
            wanted: Chooses among the leaves; docs/reference/ledger.md says what they hold.
        """

    def excerpt(
        self, log: str, choose: Callable[[Iterator[tuple[int, JsonObject]]], Indexes[int]]
    ) -> Excerpt | None:
        """Give leaves of a log, proven together against its newest signed head.

        Args:
            log: A connection's name, or the store's own log.
            choose: Is shown the leaves with their indexes, in order, and names those it wants.

        Returns:
            None where no head of the log was ever signed.
        """

    def contents(self, form: str, digests: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Give the kept bytes that leaves of a form speak of; None for what was erased."""

    def sign_again(self, signers: Sequence[Signer], at: datetime) -> VerifierKey:
        """Let heads be signed with another key from here on, and sign the newest with it.

        Args:
            signers: The new key; after it the one that it replaces, where that is at hand.
            at: When.
        """

    def chosen(self, erasure: Erasure) -> Erased:
        """Say what an erasure would delete."""

    def erase(self, erasure: Erasure) -> Erased:
        """Delete bodies; rows and leaves stay, and the ledger says what was erased, and why.

        The bytes are overwritten in the file, and gone from its log, when this returns.
        """

    def close(self) -> None:
        """Let go of files and connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where the store is."""

    url: str
    """``sqlite:///PATH``, relative to the settings file."""
    pseudonym_key: bytes | None = None
    """None: the key file beside the SQLite file, made with the store."""
    options: Mapping[str, str] = field(default_factory=dict)


__all__ = [
    "EvidenceStore",
    "WriteBatch",
    "KindCount",
    "Observation",
    "OpenRun",
    "Pack",
    "Packed",
    "StoreSettings",
]
