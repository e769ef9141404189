"""Turns records into the rows that rules evaluate: a kind's own records, or a view's rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.version_change import VersionChange
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_json import FrozenDict, Thawing
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.evaluate.earliest import EarliestLoader
from ccm_core.sdk.evidence_kind import EvidenceKind
from ccm_core.sdk.view import Partitioning, Row, View, ViewRequest

RecordLoader = Callable[[str], Sequence[Record]]
"""Returns the current records of a kind, sorted by key."""
ChangeLoader = Callable[[str], Sequence[VersionChange]]
"""Returns how the records of a kind changed in the evaluated period."""


def rows_of_kind(kind: EvidenceKind, records: Sequence[Record]) -> tuple[Row, ...]:
    """Return each record as a row."""
    thawing = Thawing()
    return tuple(
        Row(
            subject=subject_of(kind, record),
            body=thawing.body(record.body),
            evidence_digests=(record.digest,),
            names=(f"{record.kind}:{record.key}",),
        )
        for record in records
    )


def view_of_kind(kind: EvidenceKind) -> View:
    """Return the records of a kind as a view in which each of them is a partition."""
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
    view: View,
    load: RecordLoader,
    *,
    load_vanished: RecordLoader = lambda _kind: (),
    load_changes: ChangeLoader = lambda _kind: (),
    load_earliest: EarliestLoader = lambda _asked: {},
) -> tuple[Row, ...]:
    """Return a view's rows, sorted by subject, derived from the kinds it reads."""
    request = ViewRequest(
        records={kind: load(kind) for kind in view.inputs},
        vanished={kind: load_vanished(kind) for kind in view.vanished},
        changes={kind: load_changes(kind) for kind in view.changes},
        earliest={asked.name: load_earliest(asked) for asked in view.earliest},
    )
    return tuple(
        sorted(derived_rows(view, request), key=lambda row: (row.subject.kind, row.subject.key))
    )


def derived_rows(view: View, request: ViewRequest) -> Iterator[Row]:
    """Yield the rows that a view derives, as conditions read them.

    The records are frozen, and rows may hold parts of them; CEL reads nothing frozen.
    """
    thawing = Thawing()
    for row in view.rows(_as_read(view, request)):
        body = thawing.body(row.body)
        yield row if body is row.body else replace(row, body=body)


def _as_read(view: View, request: ViewRequest) -> ViewRequest:
    """Return a request without the fields that a view does not read of records outside."""
    reads = view.partitions().reads if view.partitions else {}
    if not reads:
        return request
    return replace(
        request,
        records=_limited(request.records, reads),
        vanished=_limited(request.vanished, reads),
    )


def _limited(
    records: Mapping[str, Sequence[Record]], reads: Mapping[str, Collection[str]]
) -> Mapping[str, Sequence[Record]]:
    return {
        kind: tuple(replace(record, body=fields_read(record, reads[kind])) for record in of_kind)
        if kind in reads
        else of_kind
        for kind, of_kind in records.items()
    }


def fields_read(record: Record, names: Collection[str]) -> JsonObject:
    """Return the fields of a record that a view reads."""
    return FrozenDict({name: record.body[name] for name in names if name in record.body})


def rows_of_period(rows: Iterable[Row], period: Window) -> Iterator[Row]:
    """Yield rows without those that are final and occurred before a period."""
    return (row for row in rows if not row.final or occurred_in(row, period))


def occurred_in(row: Row, period: Window) -> bool:
    """Return whether a row is of a period: what is there at any time always is."""
    return row.occurred_at is None or row.occurred_at >= period.since


def subject_of(kind: EvidenceKind, record: Record) -> Subject:
    """Return the subject of a record, with the title that people know it by."""
    title = _text(record.body, kind.title_field) or record.key
    url = _text(record.body, kind.url_field)
    owners = kind.owners(record.body) if kind.owners else ()
    return Subject(kind=record.kind, key=record.key, title=title, url=url, owners=owners)


def _text(body: JsonObject, path: str | None) -> str | None:
    value: object = body
    for name in path.split(".") if path else ():
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None
