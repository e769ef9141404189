"""Changes that versions show, joined with those that the source's own audit trail records.

A version shows that an object changed between two collections, in every field that is stored, and
never by whom. The trail has the moment and the actor, and leaves fields out. One change log has
both, and states of each change whether the trail shows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.version_change import VersionChange
from ccm_core.pipeline.change_log.differences import differences
from ccm_core.report.content.logged_change import LoggedChange
from ccm_core.sdk.changes.trail import ChangedField, ChangeTrail, TrailEntry


def joined_changes(
    connection: str,
    changes: Iterable[VersionChange],
    trail: Iterable[TrailEntry],
    reader: ChangeTrail,
    titles: Mapping[str, str | None],
    *,
    first_read: Mapping[str, datetime],
    trail_is_whole: bool,
) -> list[LoggedChange]:
    """Return one change log, in order of time.

    Args:
        connection: Whose.
        changes: What versions show.
        trail: What the trail of the same time shows.
        reader: How the trail is read.
        titles: The field with an object's title, by kind.
        first_read: When each kind was first read completely.
        trail_is_whole: Whether the trail of that time is complete.
    """
    entries: dict[tuple[str | None, str], list[TrailEntry]] = defaultdict(list)
    for entry in trail:
        entries[entry.kind, entry.key].append(entry)
    logged: list[LoggedChange] = []
    for change in changes:
        own = entries[change.kind, change.key]
        matching = [one for one in own if change.since < one.at <= change.until]
        for one in matching:
            own.remove(one)
        logged += _of_version(change, matching, reader, titles, trail_is_whole)
    rest = (entry for left in entries.values() for entry in left)
    logged += (_of_trail(connection, entry, first_read) for entry in rest)
    return sorted(logged, key=lambda one: (one.moment, one.kind or "", one.key))


def _of_version(
    change: VersionChange,
    entries: Sequence[TrailEntry],
    reader: ChangeTrail,
    titles: Mapping[str, str | None],
    trail_is_whole: bool,  # noqa: FBT001 - one of several facts about the change
) -> Iterable[LoggedChange]:
    record = change.after or change.before
    fields: tuple[ChangedField, ...] = ()
    if change.before is not None and change.after is not None:
        fields = _changed(change.kind, change.before, change.after, entries, reader)
        if not fields and not entries:
            return
    last = max(entries, key=lambda entry: entry.at, default=None)
    yield LoggedChange(
        connection=change.connection,
        kind=change.kind,
        key=change.key,
        title=_title(record, titles.get(change.kind)) or change.key,
        action=_action(change),
        at=None if last is None else last.at,
        since=change.since,
        until=change.until,
        actors=tuple(dict.fromkeys(actor for entry in entries for actor in entry.actors)),
        method=None if last is None else last.method,
        fields=fields,
        in_trail=True if entries else False if trail_is_whole else None,
        in_versions=True,
    )


def _changed(
    kind: str,
    before: Record,
    after: Record,
    entries: Sequence[TrailEntry],
    reader: ChangeTrail,
) -> tuple[ChangedField, ...]:
    """Return the fields that somebody changed: what the trail names is no chance.

    Where versions differ in nothing else, they are those that the trail names.
    """
    in_trail = tuple(field for entry in entries for field in entry.fields)
    named = {field.name.partition(".")[0] for field in in_trail}
    ignored = {*reader.ignored(kind, before.body, after.body)} - named
    return differences(before.body, after.body, ignored) or in_trail


def _of_trail(
    connection: str, entry: TrailEntry, first_read: Mapping[str, datetime]
) -> LoggedChange:
    read_at = first_read.get(entry.kind or "")
    return LoggedChange(
        connection=connection,
        kind=entry.kind,
        key=entry.key,
        title=entry.title,
        action=entry.action,
        at=entry.at,
        since=entry.at,
        until=entry.at,
        actors=entry.actors,
        method=entry.method,
        fields=entry.fields,
        in_trail=True,
        in_versions=None if read_at is None or entry.at <= read_at else False,
    )


def _action(change: VersionChange) -> str:
    if change.before is None:
        return "created"
    return "deleted" if change.after is None else "changed"


def _title(record: Record | None, field: str | None) -> str | None:
    if record is None or field is None:
        return None
    title = record.body.get(field)
    return None if title is None else str(title)
