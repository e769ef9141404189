"""Reading records for a row, and remembering which ones it was derived from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import JsonObject, Record, Row, Subject
from ccm_pagerduty.references import owners_of, title_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ESCALATION_POLICY = "pagerduty.escalation_policy"
INCIDENT = "pagerduty.incident"
INCIDENT_LOG_ENTRY = "pagerduty.incident_log_entry"
MANIFEST = "pagerduty.manifest"
ON_CALL = "pagerduty.on_call"
SCHEDULE = "pagerduty.schedule"
SCHEDULE_RENDERING = "pagerduty.schedule_rendering"
SERVICE = "pagerduty.service"
TEAM = "pagerduty.team"
TEAM_MEMBER = "pagerduty.team_member"
USER = "pagerduty.user"


class RecordIndex:
    """The records a view was handed, found by kind and key."""

    def __init__(self, records: Mapping[str, Sequence[Record]]) -> None:
        """Index the records once."""
        self._records = records
        self._by_key = {
            kind: {record.key: record for record in found} for kind, found in records.items()
        }

    def records(self, kind: str) -> Sequence[Record]:
        """Give all records of a kind, sorted by key."""
        return self._records.get(kind, ())

    def find(self, kind: str, key: str) -> Record | None:
        """Give one record, or nothing where the evidence does not list it."""
        return self._by_key.get(kind, {}).get(key)


class RowBuilder:
    """What one row was derived from: it grows while the row is being worked out."""

    def __init__(self, library: RecordIndex) -> None:
        """Begin with nothing read."""
        self._library = library
        self._names: set[str] = set()
        self._digests: set[str] = set()

    def find(self, kind: str, key: str) -> Record | None:
        """Look a record up. What is looked for and not found is named too."""
        self._names.add(f"{kind}:{key}")
        record = self._library.find(kind, key)
        if record is not None:
            self._digests.add(record.digest)
        return record

    def read(self, record: Record) -> JsonObject:
        """Read a record that is at hand."""
        self._names.add(f"{record.kind}:{record.key}")
        self._digests.add(record.digest)
        return record.body

    def read_all(self, records: Iterable[Record]) -> list[JsonObject]:
        """Read several records that are at hand."""
        return [self.read(record) for record in records]

    def merge(self, other: RowBuilder) -> None:
        """Take over everything that another trail has read."""
        self._names |= other._names
        self._digests |= other._digests

    def build(
        self,
        record: Record,
        body: JsonObject,
        *,
        title: str | None = None,
        owned: JsonObject | None = None,
        unknown: Mapping[str, str] | None = None,
    ) -> Row:
        """Close the trail with the row about one record.

        Args:
            record: The record.
            body: What is told of it beside its id, title and link.
            title: What people call it, where that is not its name.
            owned: What names the teams that own it, where that is not the record.
            unknown: Why keys were left out, by their names; ``*``: any other one.
        """
        read = self.read(record)
        subject = Subject(
            kind=record.kind,
            key=record.key,
            title=title or title_of(read),
            url=read.get("html_url"),
            owners=owners_of(read if owned is None else owned),
        )
        return self.build_for(subject, body, unknown)

    def build_for(
        self, subject: Subject, body: JsonObject, unknown: Mapping[str, str] | None = None
    ) -> Row:
        """Close the trail with the row about something that is no record itself."""
        key = subject.key
        return Row(
            subject=subject,
            body={"id": key, "title": subject.title, "url": subject.url} | body,
            evidence_digests=tuple(sorted(self._digests)),
            names=tuple(sorted({*self._names, f"{subject.kind}:{key}"})),
            unknown={name: why for name, why in (unknown or {}).items() if name not in body},
        )
