"""Evaluations and their inputs: each document stored once, by digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError, StaleEvaluation
from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.model import json_codec
from ccm_core.model.digest import digest as sha256_digest
from ccm_core.model.evaluation.derived import derived_log, rows_kind
from ccm_core.model.evaluation.evaluation_inputs import EvaluationAct, EvaluationInputs
from ccm_core.model.evaluation.evidence_read import MANIFESTS
from ccm_core.model.evaluation.made_evaluation import MadeEvaluation
from ccm_core.model.evaluation.result import Evaluation, StoredEvaluation, TrendPoint
from ccm_core.store.codec.bodies import compress_body, decode_body, encode_body, verified
from ccm_core.store.codec.compression import MAX_CONTENT, Compressor
from ccm_core.store.derived import anew
from ccm_core.store.evaluations.daily_outlines import daily_outlines, made_evaluations
from ccm_core.store.evaluations.derived_bodies import KeptBodies
from ccm_core.store.evaluations.period_rows import period_rows
from ccm_core.store.evaluations.recompose import compact as recompose_compact
from ccm_core.store.evaluations.recompose import named_results, recompose, result_on, results_on
from ccm_core.store.evaluations.result_histories import histories
from ccm_core.store.evaluations.shown_fields import ShownFields, shown_fields
from ccm_core.store.evaluations.stored_documents import (
    document_text,
    inputs_digest,
    insert_act,
    insert_document,
    no_evaluation,
    read_evaluation,
    stored_basis,
    stored_evaluation,
)
from ccm_core.store.log import content_dictionaries, evaluation_frames, sign_heads
from ccm_core.store.log.append import append_leaves
from ccm_core.store.log.evaluation_frames import BASE_DOCUMENT
from ccm_core.store.log.leaf_encoding import EVALUATION
from ccm_core.store.log.newest_evaluation import require_newest
from ccm_core.store.sql.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.ledger.signed_note import Signing
    from ccm_core.model.evaluation.result import DerivedState, EvaluationBasis, Result
    from ccm_core.model.evaluation.result_history import ResultHistory
    from ccm_core.model.evaluation.result_scope import ResultScope
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.store.sql.database import Database
    from ccm_core.store.sql.driver import SqlValue
    from ccm_core.store.sql.transaction import Transaction


class SqlEvaluationStore:
    """Evaluations in tables; see ``EvaluationStore``."""

    def __init__(
        self, database: Database, signing: Signing, max_content: int = MAX_CONTENT
    ) -> None:
        """Use a database.

        Args:
            database: Where the tables are.
            signing: Who signs heads.
            max_content: The bytes that one document may have.
        """
        self._database = database
        self._signing = signing
        self._max_content = max_content

    def append(
        self,
        evaluation: Evaluation,
        inputs: EvaluationInputs | None = None,
        packs: Sequence[bytes] = (),
        act: EvaluationAct | None = None,
        made_at: datetime | None = None,
    ) -> str:
        """Store an evaluation unless it is there already, and sign the head; return its digest."""
        signers = self._signing()
        compressor = Compressor(self._max_content)
        document = json_codec.encode(evaluation)
        evaluation_digest = sha256_digest(document)
        frame, base = self._compress(document)
        with self._database.writing() as transaction:
            query = "SELECT seq FROM evaluation WHERE digest = :digest"
            if transaction.row(query, digest=evaluation_digest) is not None:
                for state in evaluation.derived:
                    anew.end(transaction, state.connection)
                return evaluation_digest
            _refuse_stale(transaction, evaluation)
            for text in packs:
                insert_document(transaction, "pack", compress_body(text, compressor))
            row: dict[str, SqlValue] = {
                "digest": evaluation_digest,
                "evaluated_at": microseconds(evaluation.evaluated_at),
                "made_at": None if made_at is None else microseconds(made_at),
                "inputs": insert_document(transaction, "inputs", encode_body(inputs, compressor))
                if inputs
                else None,
                "document": frame,
                "base": base,
                "act": insert_act(transaction, act, self._max_content) if act else None,
                "position": transaction.value("SELECT max(seq) FROM version") or 0,
            }
            logs = list(_grown_logs(transaction, evaluation))
            transaction.insert("evaluation", row)
            for state in evaluation.derived:
                anew.end(transaction, state.connection)
            append_leaves(transaction, STORE_LOG, [EVALUATION.line(row)])
            sign_heads.sign_heads(transaction, logs, signers, evaluation.evaluated_at)
        return evaluation_digest

    def _compress(self, document: bytes) -> tuple[bytes, int | None]:
        """Return the frame of an evaluation, and the number of the one that reads it too."""
        with self._database.reading() as transaction:
            dictionary = evaluation_frames.Dictionary.newest(transaction)
        return evaluation_frames.compress(document, dictionary, self._max_content)

    def latest(
        self,
        *,
        as_of: datetime | None = None,
        scope: ResultScope | None = None,
        compact: bool = False,
    ) -> StoredEvaluation | None:
        """Return the one that was stored last; with ``as_of``, the latest not after it."""
        if as_of is None:
            newest = "ORDER BY seq DESC"
        else:
            newest = "WHERE evaluated_at <= :as_of ORDER BY evaluated_at DESC, seq DESC"
        with self._database.reading() as transaction:
            row = transaction.row(
                f"""
                SELECT digest, document, {BASE_DOCUMENT}, position
                FROM evaluation {newest} LIMIT 1
                """,
                as_of=None if as_of is None else microseconds(as_of),
            )
            if row is None:
                return None
            digest, document, base, position = row
            read = (read_evaluation(digest, document, base), position)
            if compact and scope is None:
                evaluation = recompose_compact(transaction, *read)
            else:
                evaluation = recompose(transaction, *read, scope)
        return StoredEvaluation(digest=digest, evaluation=evaluation, complete=scope is None)

    def latest_stored(self) -> tuple[Evaluation, EvaluationAct] | None:
        """Return the one that was made last by change, as it is stored, and the act."""
        query = f"""
            SELECT digest, document, {BASE_DOCUMENT}, act FROM evaluation WHERE act IS NOT NULL
            ORDER BY seq DESC LIMIT 1
            """
        with self._database.reading() as transaction:
            row = transaction.row(query)
            if row is None:
                return None
            digest, document, base, act = row
            require_newest(transaction, digest, act)
            content = document_text(transaction, act)
            reader = content_dictionaries.reader(transaction)
            made = decode_body(content, act, EvaluationAct, "act", reader)
        return read_evaluation(digest, document, base), made

    def newest_by_change(self) -> str | None:
        """Return the digest of the one that was made last by change."""
        query = "SELECT digest FROM evaluation WHERE act IS NOT NULL ORDER BY seq DESC LIMIT 1"
        with self._database.reading() as transaction:
            row = transaction.row(query)
        return None if row is None else row[0]

    def histories(
        self,
        rules: AbstractSet[str],
        connections: AbstractSet[str],
        *,
        since: datetime,
        until: datetime,
    ) -> Iterator[ResultHistory]:
        """Yield what the evaluations of a time say of each rule on each single subject."""
        with self._database.reading() as transaction:
            documents = transaction.rows(
                f"""
                SELECT digest, document, {BASE_DOCUMENT}, position FROM evaluation
                WHERE evaluated_at >= :since AND evaluated_at < :until
                ORDER BY evaluated_at, seq
                """,
                since=microseconds(since),
                until=microseconds(until),
            )
            stored = (
                (read_evaluation(digest, text, base), position)
                for digest, text, base, position in documents
            )
            yield from histories(transaction, stored, frozenset(rules), connections)

    def result_on(self, digest: str, rule: str, connection: str, subject: str) -> Result | None:
        """Return the result of a rule on one subject, with its evidence; None: there is none."""
        with self._database.reading() as transaction:
            stored = stored_evaluation(transaction, digest)
            return result_on(transaction, *stored, rule, (connection, subject))

    def between(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[tuple[str, Evaluation]]:
        """Yield evaluations with their digests by their moment, those of one moment as stored."""
        later = "" if since is None else "AND evaluated_at >= :since"
        earlier = "" if until is None else "AND evaluated_at < :until"
        with self._database.reading() as transaction:
            rows = transaction.rows(
                f"""
                SELECT digest, document, {BASE_DOCUMENT}, position
                FROM evaluation
                WHERE TRUE {later} {earlier}
                ORDER BY evaluated_at, seq
                """,
                since=None if since is None else microseconds(since),
                until=None if until is None else microseconds(until),
            )
            for digest, document, base, position in list(rows):
                yield (
                    digest,
                    recompose(transaction, read_evaluation(digest, document, base), position),
                )

    def moments(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> Sequence[tuple[str, datetime]]:
        """List the digests of evaluations with their moments, by their moment."""
        later = "" if since is None else "AND evaluated_at >= :since"
        earlier = "" if until is None else "AND evaluated_at < :until"
        with self._database.reading() as transaction:
            rows = transaction.rows(
                f"""
                SELECT digest, evaluated_at FROM evaluation
                WHERE TRUE {later} {earlier}
                ORDER BY evaluated_at, seq
                """,
                since=None if since is None else microseconds(since),
                until=None if until is None else microseconds(until),
            )
            return [(digest, instant(moment)) for digest, moment in rows]

    def made(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> Sequence[MadeEvaluation]:
        """List when evaluations were made, by the moments that they speak of; reads no results."""
        with self._database.reading() as transaction:
            return made_evaluations(transaction, since, until)

    def daily_trend(self, *, since: datetime, until: datetime) -> Sequence[TrendPoint]:
        """List an outline of the last evaluation of each UTC day, ``since <= moment < until``.

        One of a past moment counts where none was made on the day.
        """
        with self._database.reading() as transaction:
            return daily_outlines(transaction, since, until)

    def get(
        self, digest: str, *, scope: ResultScope | None = None, compact: bool = False
    ) -> Evaluation:
        """Return an evaluation by its digest."""
        with self._database.reading() as transaction:
            stored = stored_evaluation(transaction, digest)
            if compact and scope is None:
                return recompose_compact(transaction, *stored)
            return recompose(transaction, *stored, scope)

    def results_on(
        self, digest: str, subjects: Mapping[tuple[str, str], AbstractSet[str]]
    ) -> Sequence[Result]:
        """List the results on some subjects, by rule and connection, without their evidence."""
        with self._database.reading() as transaction:
            stored = stored_evaluation(transaction, digest)
            return list(results_on(transaction, *stored, subjects))

    def basis(self, digest: str) -> EvaluationBasis:
        """Return what the checks of an evaluation rested on; reads no results."""
        with self._database.reading() as transaction:
            return stored_basis(transaction, digest)

    def named_results(self, digest: str) -> Sequence[tuple[str, str, str]]:
        """List each result of an evaluation as rule, connection and ``KIND:KEY``."""
        with self._database.reading() as transaction:
            stored = stored_evaluation(transaction, digest)
            return list(named_results(transaction, *stored))

    def rows(
        self,
        digest: str,
        state: DerivedState,
        view: str,
        keys: AbstractSet[str] | None = None,
    ) -> Sequence[JsonObject] | None:
        """Return the bodies of a view's rows of the period; None where they are not there now."""
        with self._database.reading() as transaction:
            bodies = _current_bodies(transaction, digest, state, view)
            return None if bodies is None else list(period_rows(bodies, view, keys))

    def shown_fields(self, digest: str, state: DerivedState, view: str) -> ShownFields | None:
        """Return what sections show of a view's rows of the period; None: it is not there now."""
        with self._database.reading() as transaction:
            bodies = _current_bodies(transaction, digest, state, view)
            return None if bodies is None else shown_fields(bodies, view)

    def inputs(self, digest: str) -> EvaluationInputs | None:
        """Return what an evaluation was made with; None where that was not stored."""
        with self._database.reading() as transaction:
            inputs = inputs_digest(transaction, digest)
            document = None if inputs is None else document_text(transaction, inputs)
        if inputs is None or document is None:
            return None
        return decode_body(document, inputs, EvaluationInputs, f"inputs of evaluation {digest}")

    def inputs_digest(self, digest: str) -> str | None:
        """Return the digest of the stored inputs of an evaluation; None: there are none."""
        with self._database.reading() as transaction:
            return inputs_digest(transaction, digest)

    def document(self, digest: str) -> bytes:
        """Return the bytes of a stored document."""
        with self._database.reading() as transaction:
            content = document_text(transaction, digest)
            try:
                return verified(content, digest, content_dictionaries.reader(transaction))
            except ValueError as error:
                raise IntegrityError(
                    f"the stored document {digest} is damaged: {error}. Restore the "
                    "store from a backup."
                ) from error


_NEWEST_COLLECTION = """
    SELECT id FROM collection
    WHERE +connection = :connection AND ended_at <= :moment
    ORDER BY seq DESC LIMIT 1
"""
_NEWEST_MANIFEST = """
    SELECT run.id
    FROM manifest JOIN run ON run.seq = manifest.run
    WHERE run.connection = :connection AND manifest.ended_at <= :moment
    ORDER BY manifest.seq DESC LIMIT 1
"""


def _refuse_stale(transaction: Transaction, evaluation: Evaluation) -> None:
    """Check that nothing that counts was stored since the evaluation read.

    So an evaluation rests on all that had been stored by its moment when it is stored itself, and
    verifying can tell what that was.
    """
    moment = microseconds(evaluation.evaluated_at)
    for read in evaluation.evidence_read:
        name = read.connection
        collection = transaction.value(_NEWEST_COLLECTION, connection=name, moment=moment)
        run = transaction.value(_NEWEST_MANIFEST, connection=name, moment=moment)
        manifests = any(kind.kind == MANIFESTS for kind in read.kinds)
        if collection != read.last_collection or (manifests and run != read.last_run):
            raise StaleEvaluation(
                f"evidence of {read.connection} was stored while it was evaluated, so nothing of "
                "the evaluation was stored; evaluate again"
            )


def _grown_logs(transaction: Transaction, evaluation: Evaluation) -> Iterator[str]:
    """Yield the logs of rows and verdicts that have grown since the evaluation before."""
    query = """
        SELECT EXISTS (
            SELECT 1 FROM version
            WHERE +connection = :log
                AND seq > (SELECT coalesce(max(position), 0) FROM evaluation)
        )
        """
    for state in evaluation.derived:
        if transaction.value(query, log=derived_log(state.connection)):
            yield derived_log(state.connection)


def _current_bodies(
    transaction: Transaction, digest: str, state: DerivedState, view: str
) -> KeptBodies | None:
    """Return what an evaluation left; None where it left no rows of a view, or others came."""
    query = "SELECT position FROM evaluation WHERE digest = :digest"
    position = transaction.value(query, digest=digest)
    if position is None:
        raise no_evaluation(digest)
    bodies = KeptBodies(transaction, state, position)
    return bodies if rows_kind(view) in bodies.kinds and bodies.is_current else None
