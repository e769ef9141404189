"""The evidence store in a SQLite file."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ccm_core.errors import StoreError
from ccm_core.store.records.record_store import SqlRecordStore
from ccm_core.store.records.runs import SqlRunStore
from ccm_core.store.sqlite.pseudonym_key import key_check, read_key
from ccm_core.store.sqlite.run_lock import lock_connection, lock_evaluating

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ccm_core.ledger.signed_note import Signing
    from ccm_core.store.audit_acts.audit_act_store import SqlAuditActStore
    from ccm_core.store.console.console_store import SqlConsoleStore
    from ccm_core.store.derived.derived_store import SqlDerivedStore
    from ccm_core.store.erasing.erase import SqlErasureStore
    from ccm_core.store.evaluations.evaluations import SqlEvaluationStore
    from ccm_core.store.evaluations.finding_changes import SqlFindingStore
    from ccm_core.store.log.ledger_store import SqlLedgerStore
    from ccm_core.store.sqlite.database import SqliteDatabase


class SqliteStore:
    """A store in a SQLite file; see ``EvidenceStore``. Each call is one transaction.

    What only evaluating, proving and erasing need is imported when it is first used: collecting
    is to begin soon and in little memory.
    """

    def __init__(
        self, database: SqliteDatabase, *, pseudonym_key: bytes | None, signing: Signing
    ) -> None:
        self._database = database
        self._pseudonym_key = pseudonym_key
        self._signing = signing
        self.runs = SqlRunStore(database, signing)
        self.records = SqlRecordStore(database, database.path.parent)

    @cached_property
    def evaluations(self) -> SqlEvaluationStore:
        """Evaluations and their inputs."""
        from ccm_core.store.evaluations.evaluations import SqlEvaluationStore

        return SqlEvaluationStore(self._database, self._signing)

    @cached_property
    def derived(self) -> SqlDerivedStore:
        """Rows and verdicts."""
        from ccm_core.store.derived.derived_store import SqlDerivedStore

        return SqlDerivedStore(self._database)

    @cached_property
    def findings(self) -> SqlFindingStore:
        """Changes of findings."""
        from ccm_core.store.evaluations.finding_changes import SqlFindingStore

        return SqlFindingStore(self._database, self._signing)

    @cached_property
    def audit_acts(self) -> SqlAuditActStore:
        """Manual evidence and responses to exceptions."""
        from ccm_core.store.audit_acts.audit_act_store import SqlAuditActStore

        return SqlAuditActStore(self._database, self._signing)

    @cached_property
    def console(self) -> SqlConsoleStore:
        """Sessions and activity of the console."""
        from ccm_core.store.console.console_store import SqlConsoleStore

        return SqlConsoleStore(self._database, self._signing)

    @cached_property
    def ledger(self) -> SqlLedgerStore:
        """Heads, keys and proofs."""
        from ccm_core.store.log.ledger_store import SqlLedgerStore

        return SqlLedgerStore(self._database)

    @cached_property
    def erasure(self) -> SqlErasureStore:
        """Deleting bodies by order."""
        from ccm_core.store.erasing.erase import SqlErasureStore

        return SqlErasureStore(self._database, self._signing)

    def lock_connection(self, connection: str) -> AbstractContextManager[None]:
        """Lock a connection with a file beside the store."""
        self._database.refuse_if_read_only()
        return lock_connection(self._database.path, connection)

    def lock_evaluating(self) -> AbstractContextManager[None]:
        """Lock evaluating with a file beside the store."""
        self._database.refuse_if_read_only()
        return lock_evaluating(self._database.path)

    def pseudonym_key(self) -> bytes:
        """Return the key of the settings, or of the file beside the store.

        Raises:
            StoreError: The key is missing, damaged, or not the one the store was made with.
        """
        key = self._pseudonym_key or read_key(self._database.path)
        with self._database.reading() as transaction:
            expected = transaction.value("SELECT key_check FROM store")
        if key_check(key) != expected:
            raise StoreError(
                f"the pseudonym key is not the one that the store {self._database.path} was "
                "made with. Restore that key: under another one the same person would get another "
                "pseudonym."
            )
        return key

    def close(self) -> None:
        """Release the file."""
        self._database.close()
