"""The view ``pagerduty.weakening_changes``: what our own versions show of weaker responses.

PagerDuty's audit trail leaves out the levels of escalation policies and the members of schedules.
Two versions of an object show both, and neither who changed it nor when exactly. Changes of
services are all in the trail, and their records change with every incident: they are not read here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant
from ccm_core.sdk.types import Row, Subject
from ccm_pagerduty.change_trail import entries
from ccm_pagerduty.references import id_and_title, owners_of, title_of
from ccm_pagerduty.views.changes.emptied_teams import emptied_teams
from ccm_pagerduty.views.changes.weakenings import Weakening, grants, weakenings
from ccm_pagerduty.views.row_builder import (
    AUDIT_RECORD,
    ESCALATION_POLICY,
    SCHEDULE,
    TEAM,
    TEAM_MEMBER,
    USER,
    RecordIndex,
    RowBuilder,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccm_core.sdk.changes.trail import TrailEntry
    from ccm_core.sdk.types import JsonObject, Record, VersionChange, ViewRequest

ERASED = "what changed was erased by order"


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each change that weakens the response or grants administrative rights."""
    index = RecordIndex(request.records)
    trail = [entry for record in index.records(AUDIT_RECORD) for entry in entries(record)]
    for kind in (ESCALATION_POLICY, SCHEDULE, USER):
        for change in request.changes.get(kind, ()):
            if any(version.erased_at is not None for version in _versions(change)):
                yield _row(index, change, (kind, change.key), _record(change), None, trail)
                continue
            found = (*weakenings(change), *grants(change))
            if found:
                yield _row(index, change, (kind, change.key), _record(change), found, trail)
    yield from _teams(index, request.changes.get(TEAM_MEMBER, ()), trail)


def _teams(
    index: RecordIndex, changes: Sequence[VersionChange], trail: Sequence[TrailEntry]
) -> Iterator[Row]:
    """Yield the row of each team that was left without members."""
    for change, team in emptied_teams(changes, index.records(TEAM_MEMBER)):
        record = index.find(TEAM, team)
        if record is not None:
            found = (Weakening("nobody is a member any more", ("member", "user")),)
            yield _row(index, change, (TEAM, team), record, found, trail)


def _row(
    index: RecordIndex,
    change: VersionChange,
    name: tuple[str, str],
    record: Record,
    found: Sequence[Weakening] | None,
    trail: Sequence[TrailEntry],
) -> Row:
    """Return the row of a change; without what it found where that is not known."""
    builder, (kind, key), at = RowBuilder(index), name, format_instant(change.until)
    for version in (*_versions(change), record):
        builder.read(version)
    noun = kind.partition(".")[2]
    subject = Subject(
        kind=kind,
        key=f"{key} {at}",
        title=f"{noun.replace('_', ' ')} {title_of({'id': key, **record.body})}",
        url=record.body.get("html_url"),
        owners=owners_of(record.body),
    )
    body: JsonObject = {
        "at": at,
        "since": format_instant(change.since),
        "object": {"type": noun, **id_and_title({**record.body, "id": key})},
    }
    if found is not None:
        of_object = [
            entry
            for entry in trail
            if (entry.kind, entry.key) == name and change.since < entry.at <= change.until
        ]
        body |= _found(found, of_object)
    row = builder.build_for(subject, body, {"*": ERASED})
    return Row(
        subject=row.subject,
        body=row.body,
        evidence_digests=row.evidence_digests,
        names=row.names,
        unknown=row.unknown,
        occurred_at=change.until,
        final=True,
    )


def _found(found: Sequence[Weakening], trail: Sequence[TrailEntry]) -> JsonObject:
    unrecorded = [one for one in found if not any(map(one.is_shown_by, trail))]
    return {
        "weakenings": sorted(one.text for one in found if not one.grants),
        "grants_privileges": any(one.grants for one in found),
        "unrecorded_weakenings": sorted(one.text for one in unrecorded if not one.grants),
        "unrecorded_grant": any(one.grants for one in unrecorded),
    }


def _versions(change: VersionChange) -> tuple[Record, ...]:
    return tuple(version for version in (change.before, change.after) if version is not None)


def _record(change: VersionChange) -> Record:
    return _versions(change)[-1]
