"""Builds a row from records, and keeps track of the records it was derived from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import JsonObject, Record, Row, Subject
from ccm_pagerduty.references import owners_of, title_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FIRST_ACT = "pagerduty.first_act"
"""The name of the index of the first act of each user."""
CONNECTION = "connection"
"""The kind of a row's subject that is the account itself."""

AUDIT_RECORD = "pagerduty.audit_record"
BUSINESS_SERVICE = "pagerduty.business_service"
ESCALATION_POLICY = "pagerduty.escalation_policy"
EVENT_ORCHESTRATION_PATH = "pagerduty.event_orchestration_path"
EXTENSION = "pagerduty.extension"
INCIDENT = "pagerduty.incident"
INCIDENT_LOG_ENTRY = "pagerduty.incident_log_entry"
INCIDENT_NOTE = "pagerduty.incident_note"
INCIDENT_WORKFLOW = "pagerduty.incident_workflow"
INCIDENT_WORKFLOW_TRIGGER = "pagerduty.incident_workflow_trigger"
MAINTENANCE_WINDOW = "pagerduty.maintenance_window"
MANIFEST = "pagerduty.manifest"
ON_CALL = "pagerduty.on_call"
PRIORITY = "pagerduty.priority"
SCHEDULE = "pagerduty.schedule"
SCHEDULE_OVERRIDES = "pagerduty.schedule_overrides"
SCHEDULE_RENDERING = "pagerduty.schedule_rendering"
SERVICE = "pagerduty.service"
SERVICE_CUSTOM_FIELDS = "pagerduty.service_custom_fields"
SERVICE_DEPENDENCIES = "pagerduty.service_dependencies"
SERVICE_ORCHESTRATION = "pagerduty.service_orchestration"
SERVICE_STANDARDS = "pagerduty.service_standards"
TEAM = "pagerduty.team"
TEAM_MEMBER = "pagerduty.team_member"
USER = "pagerduty.user"
WEBHOOK = "pagerduty.webhook_subscription"


class RecordIndex:
    """The records handed to a view, indexed by kind and key."""

    def __init__(
        self,
        records: Mapping[str, Sequence[Record]],
        vanished: Mapping[str, Sequence[Record]] | None = None,
        earliest: Mapping[str, Mapping[str, Record]] | None = None,
    ) -> None:
        """Index the records once.

        Args:
            records: By kind.
            vanished: The last versions of those that are gone from the source, by kind.
            earliest: What :attr:`View.earliest` asked for.
        """
        self._records = records
        self._by_key = _by_key(records)
        self._vanished = _by_key(vanished or {})
        self._earliest = earliest or {}

    def records(self, kind: str) -> Sequence[Record]:
        """Return all records of a kind, sorted by key."""
        return self._records.get(kind, ())

    def find(self, kind: str, key: str) -> Record | None:
        """Return one record, or None where the evidence does not list it."""
        return self._by_key.get(kind, {}).get(key)

    def find_last(self, kind: str, key: str) -> Record | None:
        """Return one record, or what it was before it was deleted."""
        return self.find(kind, key) or self._vanished.get(kind, {}).get(key)

    def first_act(self, user: str) -> Record | None:
        """Return the first log entry that a user made; None where the evidence has none."""
        return self._earliest.get(FIRST_ACT, {}).get(user)

    def is_deleted(self, kind: str, key: str) -> bool:
        """Return whether a record was listed once, and is gone from the source."""
        return self.find(kind, key) is None and key in self._vanished.get(kind, {})


def _by_key(records: Mapping[str, Sequence[Record]]) -> dict[str, dict[str, Record]]:
    return {kind: {record.key: record for record in of_kind} for kind, of_kind in records.items()}


class RowBuilder:
    """Builds one row, and collects the names and digests of the records that it reads."""

    def __init__(self, index: RecordIndex) -> None:
        """Start with no records read."""
        self._index = index
        self._names: set[str] = set()
        self._digests: set[str] = set()

    def find(self, kind: str, key: str) -> Record | None:
        """Look up a record; a record that is not found is named as well."""
        return self._found(kind, key, self._index.find(kind, key))

    def find_last(self, kind: str, key: str) -> Record | None:
        """Look up a record as it is, or as it was before it was deleted."""
        return self._found(kind, key, self._index.find_last(kind, key))

    def is_deleted(self, kind: str, key: str) -> bool:
        """Return whether a record is gone from the source; its last version is evidence of that."""
        deleted = self._index.is_deleted(kind, key)
        if deleted:
            self.find_last(kind, key)
        return deleted

    def first_act(self, user: str) -> JsonObject | None:
        """Return the first log entry that a user made, and note that it was read."""
        record = self._index.first_act(user)
        return None if record is None else self.read(record)

    def _found(self, kind: str, key: str, record: Record | None) -> Record | None:
        self._names.add(f"{kind}:{key}")
        if record is not None:
            self._digests.add(record.digest)
        return record

    def read(self, record: Record) -> JsonObject:
        """Return the body of a record, and note that it was read."""
        self._names.add(f"{record.kind}:{record.key}")
        self._digests.add(record.digest)
        return record.body

    def read_all(self, records: Iterable[Record]) -> list[JsonObject]:
        """Return the bodies of several records, and note that they were read."""
        return [self.read(record) for record in records]

    def merge(self, builder: RowBuilder) -> None:
        """Add the records that another builder has read."""
        self._names |= builder._names
        self._digests |= builder._digests

    def build(
        self,
        record: Record,
        body: JsonObject,
        *,
        title: str | None = None,
        owned: JsonObject | None = None,
        url: str | None = None,
        unknown: Mapping[str, str] | None = None,
    ) -> Row:
        """Return the row about one record.

        Args:
            record: The record.
            body: Its fields beside id, title and link.
            title: Its title, where that is not its name.
            owned: The body that names its owner teams, where that is not the record.
            url: Where it is looked at, if it has no page of its own.
            unknown: Why fields are missing, by their names; ``*``: any other field.
        """
        fields = self.read(record)
        subject = Subject(
            kind=record.kind,
            key=record.key,
            title=title or title_of(fields),
            url=fields.get("html_url") or url,
            owners=owners_of(fields if owned is None else owned),
        )
        return self.build_for(subject, body, unknown)

    def build_for(
        self, subject: Subject, body: JsonObject, unknown: Mapping[str, str] | None = None
    ) -> Row:
        """Return the row about a subject that is not a record."""
        key = subject.key
        return Row(
            subject=subject,
            body={"id": key, "title": subject.title, "url": subject.url} | body,
            evidence_digests=tuple(sorted(self._digests)),
            names=tuple(sorted({*self._names, f"{subject.kind}:{key}"})),
            unknown={name: reason for name, reason in (unknown or {}).items() if name not in body},
        )
