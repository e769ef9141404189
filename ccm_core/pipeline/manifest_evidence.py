"""Manifests as evidence: what the runs of a connection state of themselves, for views.

For each connector there is one kind more than it collects, ``CONNECTOR.manifest``: one record for
each sealed run. Views that name it among their inputs can tell what a credential could see, and
whether evidence was collected as often as its cadence requires.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial

from ccm_core import schemas
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.record import Record, RecordSource
from ccm_core.model.instant import parse_instant
from ccm_core.model.json_codec import JsonObject, SharedReader
from ccm_core.sdk.types import EvidenceKind, Shape

_NOUN = "manifest"
_CADENCE = timedelta(hours=24)
"""A connection without a run for twice as long is no longer monitored."""


def manifest_kind(connector: str) -> EvidenceKind:
    """Return the kind of the manifests of a connector's connections."""
    return EvidenceKind(
        name=manifest_kind_name(connector),
        version=1,
        title="Manifests of runs",
        shape=Shape.SNAPSHOT,
        key=("run",),
        cadence=_CADENCE,
        schema=partial(schemas.load, "manifest.v1"),
        title_field="run",
        filtered=False,
    )


def manifest_kind_name(connector: str) -> str:
    """Return the name of the kind that holds the manifests of a connector's connections."""
    return f"{connector}.{_NOUN}"


def manifest_records(kind: EvidenceKind, sealed: Iterable[tuple[str, bytes]]) -> tuple[Record, ...]:
    """Return manifests as records sorted by key.

    Args:
        kind: The kind of the manifests.
        sealed: Each as it is stored, after its digest. They repeat one another, and share what they
            repeat in memory.
    """
    reader = SharedReader()
    records = (_record(kind, digest, reader.read(document)) for digest, document in sealed)
    return tuple(sorted(records, key=lambda record: record.key))


def manifest_collection(
    kind: EvidenceKind, collections: Sequence[Collection]
) -> tuple[Collection, ...]:
    """Return the collection of manifests: they are as old as the newest other collection.

    Nothing where nothing was ever collected.
    """
    if not collections:
        return ()
    newest = max(collections, key=lambda collection: collection.ended_at)
    return (
        Collection(
            id=f"{kind.name} of {newest.run}",
            run=newest.run,
            connection=newest.connection,
            kind=kind.name,
            version=kind.version,
            started_at=newest.ended_at,
            ended_at=newest.ended_at,
            outcome=Outcome.COMPLETE,
        ),
    )


def _record(kind: EvidenceKind, digest: str, body: JsonObject) -> Record:
    return Record(
        kind=kind.name,
        version=kind.version,
        key=body["run"],
        connection=body["connection"],
        observed_at=parse_instant(body["ended_at"]),
        collection=body["run"],
        source=RecordSource(endpoint=_NOUN, page=1, response_digest=digest),
        body=body,
        digest=digest,
    )
