"""Records: one observed object each, as it is stored."""

from __future__ import annotations

from datetime import datetime

from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSource:
    """Where a record was read: enough to compare it with the source's own archive."""

    endpoint: str
    """The requested path, such as ``/services``."""
    window: Window | None = None
    """The requested window; None for a snapshot."""
    page: int
    """Which page of the listing, counted from 1."""
    response_digest: str
    """The SHA-256 of the page's bytes as received."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One observed object: its stored fields, when it was observed, where it was read."""

    kind: str
    """The evidence kind's name, such as ``acme.service``."""
    version: int
    """The version of the kind's schema that the body satisfies."""
    key: str
    """What identifies the object within its kind and connection."""
    connection: str
    observed_at: datetime
    collection: str
    """The id of the collection that read it."""
    source: RecordSource
    body: JsonObject
    """The stored fields."""
    digest: str
    """The SHA-256 of the stored bytes of the body."""
    erased_at: datetime | None = None
    """When the body was deleted by order; it is empty then, and no evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedRecord:
    """A record without its provenance: equal wherever the source was equal."""

    kind: str
    version: int
    key: str
    connection: str
    body: JsonObject
    digest: str


def export_record(record: Record) -> ExportedRecord:
    """Return a record without when, in which run and on which page it was read."""
    return ExportedRecord(
        kind=record.kind,
        version=record.version,
        key=record.key,
        connection=record.connection,
        body=record.body,
        digest=record.digest,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedObject:
    """An object that its schema rejected: stored apart, counted, never evidence."""

    key: str
    """Its key, or an empty string where even that could not be read."""
    source: RecordSource
    body: JsonObject
    """The projected body: only fields the schema names."""
    problems: tuple[str, ...]
    """Each problem, after its JSON path."""
