"""Runs: begun, filled with collections, and sealed with a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.model.evidence.collection import Collection
    from ccm_core.model.evidence.manifest import Manifest
    from ccm_core.model.evidence.run import OpenRun


class RunStore(Protocol):
    """Stores runs, their collections and their manifests."""

    def begin(self, run: OpenRun) -> None:
        """Record that a run has begun."""

    def seal(self, manifest: Manifest) -> None:
        """Store the manifest of a run and close it; state and sign the heads of its logs.

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
        """List collections in the order in which they were stored, those of open runs included.

        Args:
            connection: Whose.
            kind: Only of this kind.
            run: Only of this run.
            as_of: Only what was stored by then.
            since: Only those that ended later or whose window reaches further; and, however old,
                those of the runs that hold the newest of a kind with each outcome, among
                those with a window and among those without.
        """

    def first_complete(self, connection: str, kind: str) -> datetime | None:
        """Return when the first complete collection of a kind ended; None where there is none."""

    def collection_digests(self, connection: str, *, as_of: datetime) -> Sequence[tuple[str, str]]:
        """List the ids of all collections, each with the digest of its stored bytes, in order."""

    def manifest_digests(self, connection: str, *, as_of: datetime) -> Sequence[tuple[str, str]]:
        """List the runs of all manifests, each with the digest of its stored bytes, in order."""

    def account(self, connection: str, *, as_of: datetime) -> str | None:
        """Return the account of the newest collection that knows it; None where none does."""

    def collections_of_others(self, connection: str, account: str | None) -> AbstractSet[str]:
        """Return the ids of collections that are known to be of another account than this one."""

    def manifests(
        self,
        connection: str | None = None,
        *,
        as_of: datetime | None = None,
        since: datetime | None = None,
        last: int | None = None,
    ) -> Sequence[Manifest]:
        """List the manifests of sealed runs in the order in which they were sealed.

        Args:
            connection: Whose; None: of every connection.
            as_of: Only what was sealed by then.
            since: Only what was sealed later; not together with ``last``.
            last: Only so many, the newest.
        """

    def newest_manifests(self, *, as_of: datetime | None = None) -> Sequence[Manifest]:
        """List the manifest of the newest sealed run of each connection, by its name.

        No other manifest is read: what it costs does not grow with the age of the store.

        Args:
            as_of: Only what was sealed by then.
        """

    def manifest(self, run: str) -> Manifest | None:
        """Return the manifest of a run; None where it is open, or the store has no such run."""

    def manifest_documents(
        self, connection: str, *, as_of: datetime, since: datetime
    ) -> Iterator[tuple[str, bytes]]:
        """Yield the manifests that were sealed later as stored, each after its digest.

        Raises:
            IntegrityError: The bytes of one do not match its digest.
        """

    def connections(self) -> Sequence[str]:
        """List the names of the connections that have runs, sorted."""
