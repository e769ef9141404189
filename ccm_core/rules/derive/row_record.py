"""A row as the body of a record, and back."""

from __future__ import annotations

from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.timestamps import format_instant, parse_instant
from ccm_core.sdk.view import Row


def row_body(row: Row) -> JsonObject:
    """Return the body of a row's record: what it holds, and what it was read from."""
    subject, occurred_at = row.subject, row.occurred_at
    return {
        "subject": {
            "kind": subject.kind,
            "key": subject.key,
            "title": subject.title,
            "url": subject.url,
            "owners": list(subject.owners),
        },
        "fields": row.body,
        "names": sorted(set(row.names)),
        "absent": sorted(set(row.absent)),
        "unknown": dict(row.unknown),
        "occurred_at": None if occurred_at is None else format_instant(occurred_at),
        "final": row.final,
    }


def row_of(body: JsonObject) -> Row:
    """Return the row of a record's body.

    Raises:
        KeyError: It is no body of a row.
    """
    subject, occurred_at = body["subject"], body["occurred_at"]
    return Row(
        subject=Subject(
            kind=subject["kind"],
            key=subject["key"],
            title=subject["title"],
            url=subject["url"],
            owners=tuple(subject["owners"]),
        ),
        body=body["fields"],
        evidence_digests=(),
        names=tuple(body["names"]),
        absent=tuple(body["absent"]),
        unknown=body["unknown"],
        occurred_at=None if occurred_at is None else parse_instant(occurred_at),
        final=body["final"],
    )
