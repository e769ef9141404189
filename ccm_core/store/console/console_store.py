"""Sessions and activity in tables; see ``ConsoleStore``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.model import json_codec
from ccm_core.model.console.activity import Activity
from ccm_core.model.console.session import ConsoleSession, CredentialKind
from ccm_core.store.codec.bodies import decode_body, encode_body
from ccm_core.store.log import sign_heads
from ccm_core.store.log.append import append_leaves
from ccm_core.store.log.leaf_encoding import ACTIVITY
from ccm_core.store.sql.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ccm_core.ledger.signed_note import Signing
    from ccm_core.store.sql.database import Database
    from ccm_core.store.sql.driver import Row, SqlValue

_COLUMNS = """
    SELECT digest, kind, issuer, subject, name, role, claim, claim_values, created_at, seen_at,
        expires_at, tenant
    FROM console_session
"""
_SESSION = f"{_COLUMNS} WHERE digest = :digest"
_ACTIVITY = """
    SELECT seq, digest, document FROM activity
    WHERE seq < :before ORDER BY seq DESC LIMIT :limit
"""
_PAST_ALL = 2**62


class SqlConsoleStore:
    """What the console keeps; see ``ConsoleStore``."""

    def __init__(self, database: Database, signing: Signing) -> None:
        self._database = database
        self._signing = signing

    def put_session(self, session: ConsoleSession) -> None:
        """Store a new session, and delete those whose time is over."""
        row: dict[str, SqlValue] = {
            "digest": session.digest,
            "kind": session.kind.value,
            "tenant": session.tenant,
            "issuer": session.issuer,
            "subject": session.subject,
            "name": session.name,
            "role": session.role,
            "claim": session.claim,
            "claim_values": json_codec.encode(list(session.claim_values)).decode(),
            "created_at": microseconds(session.created_at),
            "seen_at": microseconds(session.seen_at),
            "expires_at": microseconds(session.expires_at),
        }
        over = microseconds(session.created_at)
        with self._database.writing() as transaction:
            transaction.execute("DELETE FROM console_session WHERE expires_at <= :over", over=over)
            transaction.insert("console_session", row)

    def session(self, digest: str) -> ConsoleSession | None:
        """Return the session whose secret has a digest; None: there is none."""
        with self._database.reading() as transaction:
            row = transaction.row(_SESSION, digest=digest)
        return None if row is None else _session(row)

    def touch_session(self, digest: str, at: datetime) -> None:
        """Store when a session was last used."""
        with self._database.writing() as transaction:
            transaction.execute(
                "UPDATE console_session SET seen_at = :at WHERE digest = :digest",
                at=microseconds(at),
                digest=digest,
            )

    def end_session(self, digest: str) -> None:
        """Delete a session; nothing happens where it is gone."""
        with self._database.writing() as transaction:
            transaction.execute("DELETE FROM console_session WHERE digest = :digest", digest=digest)

    def sessions(self, kind: CredentialKind) -> Sequence[ConsoleSession]:
        """List the sessions of a kind, the oldest first."""
        query = f"{_COLUMNS} WHERE kind = :kind ORDER BY created_at, name"
        with self._database.reading() as transaction:
            return [_session(row) for row in transaction.rows(query, kind=kind.value)]

    def append_activity(self, entry: Activity) -> None:
        """Store an entry of the activity log, as a row and a leaf."""
        signers = self._signing()
        document = encode_body(entry)
        row: dict[str, SqlValue] = {
            "at": microseconds(entry.at),
            "tenant": entry.tenant,
            "kind": entry.kind.value,
            "digest": document.digest,
            "document": document.content,
        }
        with self._database.writing() as transaction:
            transaction.insert("activity", row)
            append_leaves(transaction, STORE_LOG, [ACTIVITY.line(row)])
            sign_heads.sign_heads(transaction, (), signers, entry.at)

    def activity(self, *, limit: int, before: int | None = None) -> Sequence[tuple[int, Activity]]:
        """Return entries with their numbers, the newest first.

        Raises:
            IntegrityError: One is not what was stored.
        """
        past = _PAST_ALL if before is None else before
        with self._database.reading() as transaction:
            return [
                (number, decode_body(document, digest, Activity, f"activity {number}"))
                for number, digest, document in transaction.rows(
                    _ACTIVITY, before=past, limit=limit
                )
            ]


def _session(row: Row) -> ConsoleSession:
    digest, kind, issuer, subject, name, role, claim, values, created_at, seen_at, *rest = row
    expires_at, tenant = rest
    return ConsoleSession(
        digest=digest,
        kind=CredentialKind(kind),
        issuer=issuer,
        subject=subject,
        name=name,
        role=role,
        claim=claim,
        claim_values=tuple(json_codec.decode(values)),
        created_at=instant(created_at),
        seen_at=instant(seen_at),
        expires_at=instant(expires_at),
        tenant=tenant,
    )
