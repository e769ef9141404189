"""From records to the rows that rules judge: a kind's own records, or what a view derives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.window import Window
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.types import EvidenceKind, Partitioning, Row, View, ViewRequest

RecordLoader = Callable[[str], Sequence[Record]]
"""Gives the records of a kind that stand, sorted by key."""


def rows_of_kind(kind: EvidenceKind, records: Sequence[Record]) -> tuple[Row, ...]:
    """Give each record as the row it is."""
    return tuple(
        Row(
            subject=subject_of(kind, record),
            body=record.body,
            evidence_digests=(record.digest,),
            names=(f"{record.kind}:{record.key}",),
        )
        for record in records
    )


def view_of_kind(kind: EvidenceKind) -> View:
    """Give the records of a kind as a view in which each of them is a part."""
    return View(
        name=kind.name,
        title=kind.title,
        inputs=(kind.name,),
        rows=lambda request: rows_of_kind(kind, request.records[kind.name]),
        schema=kind.schema,
        partitions=lambda: Partitioning(
            names={kind.name: lambda record: (record.key,)}, name=lambda row: row.subject.key
        ),
    )


def rows_of_view(
    view: View, load: RecordLoader, *, now: datetime, horizon: Window
) -> tuple[Row, ...]:
    """Derive a view's rows, sorted by subject, from the kinds it reads."""
    records: Mapping[str, Sequence[Record]] = {kind: load(kind) for kind in view.inputs}
    request = ViewRequest(records=records, now=now, horizon=horizon)
    return tuple(sorted(view.rows(request), key=lambda row: (row.subject.kind, row.subject.key)))


def subject_of(kind: EvidenceKind, record: Record) -> Subject:
    """Name a record the way a person knows it."""
    title = _text(record.body, kind.title_field) or record.key
    url = _text(record.body, kind.url_field)
    owners = kind.owners(record.body) if kind.owners else ()
    return Subject(kind=record.kind, key=record.key, title=title, url=url, owners=owners)


def _text(body: JsonObject, path: str | None) -> str | None:
    found: object = body
    for name in path.split(".") if path else ():
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else None
