"""The change log of some connections between two moments, read from the store."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ccm_core.errors import UsageError
from ccm_core.model.evidence.collection import Outcome
from ccm_core.model.evidence.window import Window
from ccm_core.pipeline.change_log.joined_changes import LoggedChange, joined_changes
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.evaluate import current_moment, load_evidence, watch_scope
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.sdk.changes.trail import ChangeTrail, TrailEntry
from ccm_core.store.interface.evidence_store import EvidenceStore


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
    """
    _require_kinds(connections, kinds)
    changes: list[LoggedChange] = []
    notes: list[str] = []
    for connection in connections:
        reader = connection.connector.change_trail
        if reader is None:
            notes.append(f"{connection.name}: its connector has no list of what people change")
            continue
        evidence = load_evidence(
            host,
            watch_scope(host, connection),
            store,
            current_moment(host, [connection], store),
        )
        selected = [kind for kind in reader.kinds if not kinds or kind in kinds]
        notes += _notes(evidence, reader, selected)
        changes += _of_connection(evidence, store, reader, period, selected)
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


def _of_connection(
    evidence: Evidence,
    store: EvidenceStore,
    reader: ChangeTrail,
    period: Window,
    kinds: Sequence[str],
) -> list[LoggedChange]:
    collected = [kind for kind in kinds if kind in evidence.kinds]
    versions = (
        change
        for kind in collected
        for change in store.records.version_changes(
            evidence.connection, kind, period.since, period.until
        )
    )
    titles = {kind: evidence.kinds[kind].title_field for kind in collected}
    trail = [
        entry
        for entry in _trail(evidence, reader)
        if period.since < entry.at <= period.until and (entry.kind in kinds or entry.kind is None)
    ]
    return joined_changes(
        evidence.connection,
        versions,
        trail,
        reader,
        titles,
        trail_is_whole=_is_whole(evidence, reader),
    )


def _trail(evidence: Evidence, reader: ChangeTrail) -> Iterator[TrailEntry]:
    if reader.kind in evidence.kinds:
        for record in evidence.load(reader.kind):
            yield from reader.entries(record)


def _is_whole(evidence: Evidence, reader: ChangeTrail) -> bool:
    if reader.kind not in evidence.kinds:
        return False
    return evidence.sufficiency(reader.kind).outcome is Outcome.COMPLETE


def _notes(evidence: Evidence, reader: ChangeTrail, kinds: Sequence[str]) -> Iterator[str]:
    name = evidence.connection
    for kind in kinds:
        if kind not in evidence.kinds:
            yield f"{name}: {kind} is not collected, so its changes are known by the trail alone"
    if reader.kind not in evidence.kinds:
        yield f"{name}: {reader.kind} is not collected, so nobody knows who made a change"
    elif not _is_whole(evidence, reader):
        outcome = evidence.sufficiency(reader.kind).outcome
        state = "missing" if outcome is None else outcome.value
        yield (
            f"{name}: {reader.kind} is {state}: who made a change may be unknown, and that the "
            "trail does not show it is not said"
        )
