"""The evidence store in a SQLite file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import StoreError
from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.store.log import checkpoints, ledger
from ccm_core.store.records import append, changes_since, query, runs
from ccm_core.store.records.spool import Spool
from ccm_core.store.sqlite import run_lock
from ccm_core.store.sqlite.pseudonym_key import key_check, read_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Collection as Indexes
    from collections.abc import Set as AbstractSet
    from contextlib import AbstractContextManager
    from datetime import datetime

    from ccm_core.ledger.checkpoint import Checkpoint
    from ccm_core.ledger.key_history import SigningKey
    from ccm_core.ledger.multiproof import Excerpt
    from ccm_core.ledger.signed_note import Signer, VerifierKey
    from ccm_core.ledger.signers import Signing
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
    from ccm_core.store.interface import WriteBatch, KindCount, OpenRun, Pack
    from ccm_core.store.sqlite.database import Database


class SqlStore:
    """See ``EvidenceStore``. Each call is one transaction; iterators hold theirs to the end.

    What only judging, proving and erasing need is imported by what they call: collecting is to
    begin soon and in little memory.
    """

    def __init__(
        self, database: Database, *, pseudonym_key: bytes | None, signing: Signing
    ) -> None:
        self._database = database
        self._pseudonym_key = pseudonym_key
        self._signing = signing

    def claim(self, connection: str) -> AbstractContextManager[None]:
        """See ``EvidenceStore.claim``."""
        self._database.refuse_if_read_only()
        return run_lock.claim(self._database.path, connection)

    def begin(self, run: OpenRun) -> None:
        """See ``EvidenceStore.begin``."""
        with self._database.writing() as transaction:
            runs.begin(transaction, run)

    def packer(self) -> Pack:
        """See ``EvidenceStore.packer``."""
        return Spool(self._database.path.parent).pack

    def keep(self, harvest: WriteBatch) -> Collection:
        """See ``EvidenceStore.keep``."""
        with self._database.writing() as transaction:
            return append.keep(transaction, harvest)

    def seal(self, manifest: Manifest) -> None:
        """See ``EvidenceStore.seal``."""
        signers = self._signing()  # before the store is locked: a person may have to be asked
        with self._database.writing() as transaction:
            runs.seal(transaction, manifest)
            checkpoints.state(transaction, (manifest.connection,), signers, manifest.ended_at)

    def open_runs(self, connection: str) -> Sequence[OpenRun]:
        """See ``EvidenceStore.open_runs``."""
        with self._database.reading() as transaction:
            return runs.open_runs(transaction, connection)

    def collections(
        self,
        connection: str,
        kind: str | None = None,
        *,
        run: str | None = None,
        as_of: datetime | None = None,
        since: datetime | None = None,
    ) -> Sequence[Collection]:
        """See ``EvidenceStore.collections``."""
        with self._database.reading() as transaction:
            return runs.collections(
                transaction, connection, kind, run=run, as_of=as_of, since=since
            )

    def manifests(
        self, connection: str | None = None, *, as_of: datetime | None = None
    ) -> Sequence[Manifest]:
        """See ``EvidenceStore.manifests``."""
        with self._database.reading() as transaction:
            return [manifest for _, manifest in runs.manifests(transaction, connection, as_of)]

    def sealed(self, connection: str, *, as_of: datetime) -> Sequence[tuple[str, Manifest]]:
        """See ``EvidenceStore.sealed``."""
        with self._database.reading() as transaction:
            return runs.manifests(transaction, connection, as_of)

    def state(
        self, connection: str, kind: str, *, as_of: datetime | None = None, key: str | None = None
    ) -> Iterator[Record]:
        """See ``EvidenceStore.state``."""
        with self._database.reading() as transaction:
            yield from query.state(transaction, connection, kind, as_of, key)

    def keys(self, connection: str, kind: str, among: AbstractSet[str]) -> AbstractSet[str]:
        """See ``EvidenceStore.keys``."""
        with self._database.reading() as transaction:
            return query.keys(transaction, connection, kind, among)

    def since(
        self, connection: str, kind: str, mark: Watermark | None, *, as_of: datetime
    ) -> ChangesSince | None:
        """See ``EvidenceStore.since``."""
        with self._database.reading() as transaction:
            return changes_since.since(transaction, connection, kind, mark, as_of)

    def among(self, connection: str, kind: str, keys: AbstractSet[str]) -> Iterator[Record]:
        """See ``EvidenceStore.among``."""
        with self._database.reading() as transaction:
            yield from query.among(transaction, connection, kind, keys)

    def added(self, collection: str) -> Iterator[Record]:
        """See ``EvidenceStore.added``."""
        with self._database.reading() as transaction:
            yield from query.added(transaction, collection)

    def history(
        self, connection: str, kind: str, key: str, *, as_of: datetime | None = None
    ) -> Iterator[Record]:
        """See ``EvidenceStore.history``."""
        with self._database.reading() as transaction:
            yield from query.history(transaction, connection, kind, key, as_of)

    def erased(
        self, connection: str, kind: str, *, as_of: datetime | None = None
    ) -> Sequence[tuple[str, Window | None]]:
        """See ``EvidenceStore.erased``."""
        with self._database.reading() as transaction:
            return list(query.erased(transaction, connection, kind, as_of))

    def rejected(self, connection: str, kind: str) -> Iterator[tuple[str, Rejected]]:
        """See ``EvidenceStore.rejected``."""
        with self._database.reading() as transaction:
            yield from runs.rejected(transaction, connection, kind)

    def counts(self, *, as_of: datetime | None = None) -> Sequence[KindCount]:
        """See ``EvidenceStore.counts``."""
        from ccm_core.store.records import counts

        with self._database.reading() as transaction:
            return counts.counts(transaction, as_of)

    def connections(self) -> Sequence[str]:
        """See ``EvidenceStore.connections``."""
        with self._database.reading() as transaction:
            return runs.connections(transaction)

    def keep_evaluation(
        self,
        evaluation: Evaluation,
        basis: EvaluationInputs | None = None,
        packs: Sequence[bytes] = (),
    ) -> str:
        """See ``EvidenceStore.keep_evaluation``."""
        from ccm_core.store.evaluations import evaluations

        signers = self._signing()
        with self._database.writing() as transaction:
            return evaluations.keep_evaluation(transaction, evaluation, basis, packs, signers)

    def latest_evaluation(self, *, as_of: datetime | None = None) -> KeptEvaluation | None:
        """See ``EvidenceStore.latest_evaluation``."""
        from ccm_core.store.evaluations import evaluations

        with self._database.reading() as transaction:
            return evaluations.latest_evaluation(transaction, as_of)

    def outlines(self, *, since: datetime, until: datetime) -> Sequence[Outline]:
        """See ``EvidenceStore.outlines``."""
        from ccm_core.store.evaluations import evaluations

        with self._database.reading() as transaction:
            return tuple(evaluations.outlines(transaction, since, until))

    def evaluations(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[tuple[str, Evaluation]]:
        """See ``EvidenceStore.evaluations``."""
        from ccm_core.store.evaluations import evaluations

        with self._database.reading() as transaction:
            yield from evaluations.evaluations(transaction, since, until)

    def evaluation(self, digest: str) -> Evaluation:
        """See ``EvidenceStore.evaluation``."""
        from ccm_core.store.evaluations import evaluations

        with self._database.reading() as transaction:
            return evaluations.evaluation(transaction, digest)

    def unfollowed(self) -> Sequence[str]:
        """See ``EvidenceStore.unfollowed``."""
        from ccm_core.store.evaluations import finding_changes

        with self._database.reading() as transaction:
            return finding_changes.unfollowed(transaction)

    def keep_changes(self, evaluation: str, changes: Sequence[FindingChange]) -> bool:
        """See ``EvidenceStore.keep_changes``."""
        from ccm_core.store.evaluations import finding_changes

        signers = self._signing()
        with self._database.writing() as transaction:
            return finding_changes.keep_changes(transaction, evaluation, changes, signers)

    def finding_changes(self, *, as_of: datetime | None = None) -> Iterator[FindingChange]:
        """See ``EvidenceStore.finding_changes``."""
        from ccm_core.store.evaluations import finding_changes

        with self._database.reading() as transaction:
            yield from finding_changes.changes(transaction, as_of)

    def followed_at(self, *, as_of: datetime | None = None) -> datetime | None:
        """See ``EvidenceStore.followed_at``."""
        from ccm_core.store.evaluations import finding_changes

        with self._database.reading() as transaction:
            return finding_changes.followed_at(transaction, as_of)

    def basis(self, evaluation: str) -> EvaluationInputs | None:
        """See ``EvidenceStore.basis``."""
        from ccm_core.store.evaluations import evaluations

        with self._database.reading() as transaction:
            return evaluations.basis(transaction, evaluation)

    def basis_kept_as(self, evaluation: str) -> str | None:
        """See ``EvidenceStore.basis_kept_as``."""
        from ccm_core.store.evaluations import evaluations

        with self._database.reading() as transaction:
            return evaluations.basis_kept_as(transaction, evaluation)

    def document(self, digest: str) -> bytes:
        """See ``EvidenceStore.document``."""
        from ccm_core.store.evaluations import evaluations

        with self._database.reading() as transaction:
            return evaluations.document(transaction, digest)

    def pseudonym_key(self) -> bytes:
        """See ``EvidenceStore.pseudonym_key``.

        Raises:
            StoreError: The key is missing, damaged, or not the one the store was made with.
        """
        key = self._pseudonym_key or read_key(self._database.path)
        with self._database.reading() as transaction:
            expected = transaction.value("SELECT key_check FROM store")
        if key_check(key) != expected:
            raise StoreError(
                f"the pseudonym key given is not the one that the store {self._database.path} was "
                "made with. Restore that key: under another one the same person would get another "
                "pseudonym."
            )
        return key

    def head(self, log: str = STORE_LOG) -> Checkpoint:
        """See ``EvidenceStore.head``."""
        with self._database.reading() as transaction:
            return ledger.head(transaction, log)

    def signed_head(self, log: str = STORE_LOG) -> str | None:
        """See ``EvidenceStore.signed_head``."""
        with self._database.reading() as transaction:
            return checkpoints.newest(transaction, log)

    def signing_keys(self) -> Sequence[SigningKey]:
        """See ``EvidenceStore.signing_keys``."""
        with self._database.reading() as transaction:
            return checkpoints.signing_keys(transaction)

    def proven(
        self, log: str, wanted: Callable[[JsonObject], bool]
    ) -> Sequence[tuple[bytes, LeafProof]]:
        """See ``EvidenceStore.proven``."""
        from ccm_core.store.log import proofs

        with self._database.reading() as transaction:
            return proofs.proven(transaction, log, wanted)

    def excerpt(
        self, log: str, choose: Callable[[Iterator[tuple[int, JsonObject]]], Indexes[int]]
    ) -> Excerpt | None:
        """See ``EvidenceStore.excerpt``."""
        from ccm_core.store.log import multiproofs

        with self._database.reading() as transaction:
            return multiproofs.excerpt(transaction, log, choose)

    def contents(self, form: str, digests: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """See ``EvidenceStore.contents``."""
        from ccm_core.store.log import multiproofs

        with self._database.reading() as transaction:
            yield from multiproofs.contents(transaction, form, digests)

    def sign_again(self, signers: Sequence[Signer], at: datetime) -> VerifierKey:
        """See ``EvidenceStore.sign_again``."""
        signer, *before = signers
        with self._database.writing() as transaction:
            key = checkpoints.register(
                transaction, signer, at, predecessor=before[0] if before else None
            )
            checkpoints.state(transaction, (), [signer], at)
        return key

    def chosen(self, erasure: Erasure) -> Erased:
        """See ``EvidenceStore.chosen``."""
        from ccm_core.store.records import erase

        with self._database.reading() as transaction:
            return erase.chosen(transaction, erasure)

    def erase(self, erasure: Erasure) -> Erased:
        """See ``EvidenceStore.erase``."""
        from ccm_core.store.records import erase

        signers = self._signing()
        with self._database.writing() as transaction:
            erased = erase.erase(transaction, erasure, signers)
        self._database.fold()
        return erased

    def close(self) -> None:
        """See ``EvidenceStore.close``."""
        self._database.close()
