"""What an evaluation read from the store, sealed: a row that was not there then stays noticed."""

from __future__ import annotations

from ccm_core.model.frozen_dataclass import dataclass

COLLECTIONS = "@collections"
"""In place of a kind: the collections of a connection, by id."""
MANIFESTS = "@manifests"
"""In place of a kind: the manifests of a connection, by run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRead:
    """The population of one kind, as it was read."""

    kind: str
    """Or :data:`COLLECTIONS`, or :data:`MANIFESTS`."""
    records: int
    """How many, erased ones included."""
    root: str
    """Over each key and the digest of its newest version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRead:
    """What was read of one connection."""

    connection: str
    last_collection: str | None
    """The id of the collection that was stored last; None: there was none."""
    last_run: str | None
    """The run whose manifest was stored last; None: no manifest was read."""
    kinds: tuple[KindRead, ...]
    """Sorted by kind."""
