"""The rows of a plugin's view: of the right types, one per subject, on evidence it was handed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ccm_core.plugins.guard import Guard, PluginCall
from ccm_core.sdk.types import Record, Row, Subject, ViewRequest


def guarded_rows(
    call: PluginCall, rows: Callable[[ViewRequest], Any], rows_of: str | None = None
) -> Callable[[ViewRequest], tuple[Row, ...]]:
    """Return the function of a view that derives rows, guarded and with its rows checked.

    Args:
        call: What is guarded, for messages.
        rows: The function.
        rows_of: The kind that each row is about; None: rows may be about any.
    """
    code = getattr(rows, "__code__", None)

    def derived(request: ViewRequest) -> tuple[Row, ...]:
        with Guard(call, code):
            checked = _rows(rows(request))
            _require_one_row_each(checked)
            _require_kind(checked, rows_of)
            _require_evidence(checked, _digests(request))
            return checked

    return derived


def _rows(returned: Any) -> tuple[Row, ...]:
    """Check the types. A text where several names belong would be taken for its letters."""
    if not isinstance(returned, Iterable):
        raise TypeError(f"it returned a {type(returned).__name__}; expected an iterable of Row")
    rows = tuple(returned)
    for row in rows:
        if not isinstance(row, Row):
            raise TypeError(f"it returned a {type(row).__name__} among them; expected Row")
        if not _has_types(row):
            raise TypeError(
                "it returned a Row with a field of another type; expected a subject of type "
                "Subject, a body of type dict, and tuples of evidence_digests and names"
            )
    return rows


def _has_types(row: Row) -> bool:
    return (
        isinstance(row.body, dict)
        and isinstance(row.subject, Subject)
        and type(row.evidence_digests) is tuple
        and type(row.names) is tuple
    )


def _require_one_row_each(rows: Sequence[Row]) -> None:
    subjects: set[tuple[str, str]] = set()
    for row in rows:
        subject = row.subject.kind, row.subject.key
        if subject in subjects:
            raise ValueError(
                f"it returned two rows about {_name(row)}; expected one row for each subject"
            )
        subjects.add(subject)


def _require_kind(rows: Sequence[Row], rows_of: str | None) -> None:
    """Require that rows are about the kind that their view names: others are not counted."""
    for row in rows:
        if rows_of not in {None, row.subject.kind}:
            raise ValueError(
                f"it returned a row about {_name(row)}; expected rows about {rows_of} only, which "
                "is the view's `rows_of`"
            )


def _require_evidence(rows: Sequence[Row], handed_out: frozenset[str]) -> None:
    """Require that what a row is said to rest on is among the records of the view's inputs."""
    for row in rows:
        digests = row.evidence_digests
        if not all(isinstance(digest, str) for digest in digests):
            raise TypeError(
                f"the row about {_name(row)} has evidence_digests of another type; expected texts"
            )
        if not digests:
            raise ValueError(
                f"the row about {_name(row)} has no evidence_digests; expected the digests of the "
                "records that it was derived from"
            )
        if not handed_out.issuperset(digests):
            foreign = next(digest for digest in digests if digest not in handed_out)
            raise ValueError(
                f"the row about {_name(row)} has {foreign} among its evidence_digests, which is "
                "the digest of no record that the view was handed"
            )


def _digests(request: ViewRequest) -> frozenset[str]:
    populations: Iterable[Sequence[Record]] = (
        *request.records.values(),
        *request.vanished.values(),
        *(list(found.values()) for found in request.earliest.values()),
    )
    versions = (
        version
        for changes in request.changes.values()
        for change in changes
        for version in (change.before, change.after)
        if version is not None
    )
    records = (record for population in populations for record in population)
    return frozenset(record.digest for record in (*records, *versions))


def _name(row: Row) -> str:
    return f"{row.subject.kind}:{row.subject.key}"
