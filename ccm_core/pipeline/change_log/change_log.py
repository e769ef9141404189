"""The change log of some connections between two moments, read from the store."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from ccm_core.errors import UsageError
from ccm_core.model.evaluation.evaluation_inputs import WatchScope
from ccm_core.model.evidence.collection import complete_windows
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.window import Window, subtract
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.instant import format_instant
from ccm_core.pipeline.change_log.joined_changes import joined_changes
from ccm_core.pipeline.change_log.logged_versions import LoggedVersions
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.evaluate import current_moment, load_evidence, watch_scope
from ccm_core.report.content.logged_change import LoggedChange
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.sdk.changes.trail import ChangeTrail
from ccm_core.store.interface.evidence_store import EvidenceStore

_LATE = timedelta(hours=2)
"""How long ago the trail may have been read for a period that ends now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLog:
    """What changed in a period."""

    period: Window
    changes: tuple[LoggedChange, ...]
    """In order of time."""
    notes: tuple[str, ...]
    """What may be missing, and why."""


def change_log(
    host: Host,
    connections: Sequence[Connection],
    store: EvidenceStore,
    period: Window,
    kinds: Collection[str] = (),
) -> ChangeLog:
    """Return what changed in a period, by our own versions and by the source's trail.

    Args:
        host: What is installed, and the clock.
        connections: Whose.
        store: Where the evidence is.
        period: Changes after its beginning, up to its end.
        kinds: Only of these kinds; none: of all that people change.

    Raises:
        UsageError: No connection keeps one of the kinds as something that people change.
        IntegrityError: What is read is not what the ledger says was stored.
    """
    _require_kinds(connections, kinds)
    changes: list[LoggedChange] = []
    notes: list[str] = []
    for connection in connections:
        reader = connection.connector.change_trail
        if reader is None:
            notes.append(f"{connection.name}: its connector has no list of what people change")
            continue
        scope = watch_scope(host, connection)
        now = current_moment(host, [connection], store)
        evidence = load_evidence(host, scope, store, now)
        selected = [kind for kind in reader.kinds if not kinds or kind in kinds]
        is_whole = covers(store, scope.connection, reader.kind, period)
        notes += _notes(evidence, store, reader, selected, period, trail_is_whole=is_whole)
        logged = LoggedVersions.of(
            connection.name,
            store.ledger.leaves(connection.name),
            {*reader.kinds, reader.kind},
            period,
        )
        changes += changes_of(
            host, scope, store, reader, period, kinds=kinds, trail_is_whole=is_whole, logged=logged
        )
    return ChangeLog(
        period=period,
        changes=tuple(sorted(changes, key=lambda change: change.moment)),
        notes=tuple(notes),
    )


def _require_kinds(connections: Sequence[Connection], kinds: Collection[str]) -> None:
    readers = [connection.connector.change_trail for connection in connections]
    available = sorted({kind for reader in readers if reader for kind in reader.kinds})
    for kind in kinds:
        if kind not in available:
            raise UsageError(
                f"there is no change log of {kind!r}; expected one of {', '.join(available)}"
            )


def changes_of(  # noqa: PLR0913 - each is a different fact about the log, the last three by name
    host: Host,
    scope: WatchScope,
    store: EvidenceStore,
    reader: ChangeTrail,
    period: Window,
    *,
    kinds: Collection[str] = (),
    trail_is_whole: bool,
    logged: LoggedVersions | None = None,
) -> list[LoggedChange]:
    """Return what changed of one connection in a period, in order of time.

    Args:
        host: What is installed.
        scope: What the connection collects.
        store: Where the evidence is.
        reader: How its trail is read.
        period: Changes after its beginning, up to its end.
        kinds: Only of these kinds; none: of all that people change.
        trail_is_whole: Whether the trail of the period is complete.
        logged: What the ledger states, for the period; None: it is not compared.

    Raises:
        IntegrityError: What is read is not what the ledger states.
    """
    selected = {kind for kind in reader.kinds if not kinds or kind in kinds}
    collected = [kind for kind in reader.kinds if kind in selected and kind in scope.cadences]
    versions = [
        change
        for kind in collected
        for change in store.records.version_changes(
            scope.connection, kind, period.since, period.until
        )
    ]
    trail_records = _trail_records(scope, store, reader)
    if logged is not None:
        logged.require(collected, versions, reader.kind, trail_records)
    trail = [
        entry
        for record in trail_records
        for entry in reader.entries(record)
        if period.since < entry.at <= period.until and (entry.kind in selected or not entry.kind)
    ]
    return joined_changes(
        scope.connection,
        versions,
        trail,
        reader,
        {kind: host.kinds[kind].title_field for kind in collected},
        first_read={
            kind: read_at
            for kind in collected
            if (read_at := store.runs.first_complete(scope.connection, kind)) is not None
        },
        trail_is_whole=trail_is_whole,
    )


def _trail_records(
    scope: WatchScope, store: EvidenceStore, reader: ChangeTrail
) -> Sequence[Record]:
    if reader.kind not in scope.cadences:
        return ()
    return tuple(store.records.current(scope.connection, reader.kind))


def covers(store: EvidenceStore, connection: str, kind: str, period: Window) -> bool:
    """Return whether complete collections of a kind of event cover all of a period."""
    collections = store.runs.collections(connection, kind, since=period.since)
    read = complete_windows(collections)
    until = max((window.until for window in read), default=period.since)
    late = period.until - until <= _LATE
    part = Window(period.since, min(period.until, until)) if until > period.since else period
    return late and not subtract([part], read)


def _notes(
    evidence: Evidence,
    store: EvidenceStore,
    reader: ChangeTrail,
    kinds: Sequence[str],
    period: Window,
    *,
    trail_is_whole: bool,
) -> Iterator[str]:
    name, begun = evidence.connection, period.since
    for kind in kinds:
        if kind not in evidence.kinds:
            yield f"{name}: {kind} is not collected, so its changes are known by the trail alone"
            continue
        first = store.runs.first_complete(name, kind)
        if first is None:
            yield f"{name}: {kind} was never read completely, so its changes are not known"
        elif first > period.since:
            begun = max(begun, first)
        elif (problem := evidence.sufficiency(kind).problem) is not None:
            yield f"{name}: {problem}, so its newest changes may be missing"
    if begun > period.since:
        yield (
            f"{name}: some kinds were first read at {format_instant(begun)}; changes before that "
            "are known by the trail alone"
        )
    if reader.kind not in evidence.kinds:
        yield f"{name}: {reader.kind} is not collected, so nobody knows who made a change"
    elif not trail_is_whole:
        yield (
            f"{name}: {reader.kind} is not known for all of the period: who made a change may be "
            "unknown, and that the trail does not show it is not said"
        )
