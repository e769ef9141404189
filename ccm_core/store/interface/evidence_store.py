"""A whole store of evidence: its concerns together, for what hands them on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ccm_core.store.interface.audit_acts import AuditActStore
    from ccm_core.store.interface.console import ConsoleStore
    from ccm_core.store.interface.derived import DerivedStore
    from ccm_core.store.interface.erasure import ErasureStore
    from ccm_core.store.interface.evaluations import EvaluationStore
    from ccm_core.store.interface.findings import FindingStore
    from ccm_core.store.interface.ledger import LedgerStore
    from ccm_core.store.interface.records import RecordStore
    from ccm_core.store.interface.runs import RunStore


class EvidenceStore(Protocol):
    """Stores evidence, and what was evaluated from it.

    ``as_of`` selects what was stored by that moment, by the end of the collection that stored
    it; None selects everything. Every method of every concern may raise ``StoreError``, and
    ``ReadOnlyStore`` where it writes and the store was opened for reading.
    """

    @property
    def runs(self) -> RunStore:
        """Runs, collections and manifests."""

    @property
    def records(self) -> RecordStore:
        """Versions of records."""

    @property
    def evaluations(self) -> EvaluationStore:
        """Evaluations and their inputs."""

    @property
    def derived(self) -> DerivedStore:
        """Rows and verdicts, and the read model."""

    @property
    def findings(self) -> FindingStore:
        """Changes of findings."""

    @property
    def audit_acts(self) -> AuditActStore:
        """Manual evidence and responses to exceptions."""

    @property
    def console(self) -> ConsoleStore:
        """Sessions and activity of the console."""

    @property
    def ledger(self) -> LedgerStore:
        """Heads, keys and proofs."""

    @property
    def erasure(self) -> ErasureStore:
        """Deleting bodies by order."""

    def lock_connection(self, connection: str) -> AbstractContextManager[None]:
        """Lock a connection while it is collected, so that no other process collects it.

        Raises:
            StoreError: Another process holds the lock.
        """

    def lock_evaluating(self) -> AbstractContextManager[None]:
        """Lock evaluating, from reading what was evaluated before to storing what is now.

        Raises:
            StoreError: Another process holds the lock for a minute.
        """

    def pseudonym_key(self) -> bytes:
        """Return the 32 bytes under which this store makes pseudonyms; made with the store."""

    def close(self) -> None:
        """Release files and connections."""
