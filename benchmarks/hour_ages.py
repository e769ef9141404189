"""Make a store of an age from a sample: ``hour_ages.py SAMPLE FOLDER --age year``.

Hourly runs at the cadences of the kinds, through the store's own interface.

A store that was collected from the simulator is the sample. Its incidents and log entries happen in
their own hour; months before are the same ones, earlier and under other ids. Snapshots are kept at
their cadence, unchanged, and evaluations of the past are not made. With ``--evaluated`` it is a
store of typical hours, each of them evaluated at its clock: five incidents an hour get a note, and
periods that records state move day by day.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

from aging.changes import DATED, INCIDENT, LOG_ENTRY, Notes, moved_by_days
from aging.evaluations import HourlyEvaluations
from hour_sizes import AGES
from later_workspace import PORTS, LaterWorkspace

from ccm_core.app.workspace import Workspace
from ccm_core.model.evidence.collection import Collection, Counts
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.evidence.window import Window
from ccm_core.model.evidence.write_batch import Observation, WriteBatch
from ccm_core.model.json_codec import decode, encode
from ccm_core.sdk.timestamps import format_instant, parse_instant
from ccm_core.store.interface.evidence_store import EvidenceStore

HOUR, BLOCK = timedelta(hours=1), timedelta(days=30)
_INSTANT = re.compile(rb'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)"')
_IDS = re.compile(rb'"(?:id|log_entry)":"([QR][0-9A-Z]{6,})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was collected of one connection, at one moment."""

    at: datetime
    manifest: Manifest
    templates: Sequence[Collection]
    """One of each kind, with a window and without."""
    records: Mapping[str, Sequence[Record]]
    cadences: Mapping[str, timedelta]
    overlaps: Mapping[str, timedelta]
    """By kind: what a window reads again of the one before, since events may be listed late."""


def main() -> int:
    """Read the sample, and grow the store beside the same settings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sample", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--age", choices=AGES, required=True)
    parser.add_argument("--evaluated", action="store_true")
    parser.add_argument("--copies", type=Path, help="where to keep copies of the store on its way")
    options = parser.parse_args()
    sampled = Workspace.open(options.sample / "ccm.yaml", PORTS)
    (connection,) = sampled.connections(secrets=False)
    host = sampled.host
    cadences = {
        collector.kind: connection.cadences.get(collector.kind, host.kinds[collector.kind].cadence)
        for collector in connection.collectors
    }
    overlaps = {
        collector.kind: collector.settles_after or timedelta(0)
        for collector in connection.collectors
    }
    with sampled.read_store() as store:
        sample = sample_of(store, connection.name, cadences, overlaps)
    options.folder.mkdir(parents=True)
    shutil.copy(options.sample / "ccm.yaml", options.folder)
    workspace = LaterWorkspace.open(options.folder / "ccm.yaml", PORTS)
    assert isinstance(workspace, LaterWorkspace)  # noqa: S101 - the class that opens it
    with workspace.write_store(create=True) as store:
        if options.evaluated:
            file = options.folder / "ccm.db"
            evaluate = HourlyEvaluations(workspace, store, file, options.copies)
            grow(store, sample, AGES[options.age], evaluate)
        else:
            grow(store, sample, AGES[options.age])
    return 0


def sample_of(
    store: EvidenceStore,
    connection: str,
    cadences: Mapping[str, timedelta],
    overlaps: Mapping[str, timedelta],
) -> Sample:
    """Read the sample of a connection from the store of a first run."""
    (manifest,) = store.runs.newest_manifests()
    by_shape = {
        (collection.kind, collection.window is not None): collection
        for collection in store.runs.collections(connection)
        if collection.amends is None
    }
    kinds = {kind for kind, _ in by_shape}
    return Sample(
        at=manifest.started_at,
        manifest=manifest,
        templates=[by_shape[shape] for shape in sorted(by_shape)],
        records={kind: list(store.records.current(connection, kind)) for kind in sorted(kinds)},
        cadences=cadences,
        overlaps=overlaps,
    )


def grow(
    store: EvidenceStore,
    sample: Sample,
    age: timedelta,
    after_hour: Callable[[datetime], None] | None = None,
) -> None:
    """Fill an empty store with the runs of an age; the last ends when the sample was collected.

    Args:
        store: The empty store.
        sample: What each run reads.
        age: How old the store becomes.
        after_hour: What to do after each hour's run, which is then a typical one; None: nothing,
            and nothing but new events is in a run.
    """
    events = {template.kind for template in sample.templates if template.window is not None}
    timelines = {kind: Timeline(sample, kind) for kind in events}
    notes = _notes(sample, timelines[INCIDENT]) if after_hour else None
    begin = sample.at - age
    read: dict[tuple[str, bool], datetime] = {}
    hours = int(age / HOUR)
    for hour in range(hours + 1):
        now = begin + hour * HOUR
        run = f"{format_instant(now)}/{sample.manifest.connection}"
        due = [
            template
            for template in sample.templates
            if now - read.get(_shape(template), now - BLOCK)
            >= (HOUR if template.kind in events else sample.cadences[template.kind])
        ]
        _begin(store, sample, run, now)
        stored = []
        for template in due:
            since = read.get(_shape(template), now - BLOCK)
            earlier = since - sample.overlaps[template.kind]
            window = Window(earlier, now) if template.window else None
            observations = (
                timelines[template.kind].between(window)
                if window
                else _unchanged(sample, template, now if notes else sample.at)
            )
            if notes and template.kind == INCIDENT and not window:
                observations = notes.incidents_noted(now)
            if notes and template.kind == LOG_ENTRY:
                observations = chain(observations, notes.entries(now))
            stored.append(_append(store, template, run, now, window, observations, events))
            read[_shape(template)] = now
        store.runs.seal(
            replace(
                sample.manifest,
                run=run,
                started_at=now,
                ended_at=now,
                collections=tuple(stored),
            )
        )
        if after_hour:
            after_hour(now)


def _notes(sample: Sample, incidents: Timeline) -> Notes:
    entries = sample.records[LOG_ENTRY]
    entry = next(entry for entry in entries if entry.body["type"] == "annotate_log_entry")
    return Notes(incidents=incidents.between, entry=entry)


def _shape(template: Collection) -> tuple[str, bool]:
    return template.kind, template.window is not None


def _begin(store: EvidenceStore, sample: Sample, run: str, now: datetime) -> None:
    store.runs.begin(
        OpenRun(
            run=run,
            connection=sample.manifest.connection,
            connector=sample.manifest.connector,
            started_at=now,
        )
    )


def _append(
    store: EvidenceStore,
    template: Collection,
    run: str,
    now: datetime,
    window: Window | None,
    observations: Iterable[tuple[Record, bytes, str]],
    events: set[str],
) -> Collection:
    collection = replace(
        template,
        id=f"{run}/{template.kind}/{'window' if window else 'all'}",
        run=run,
        window=window,
        started_at=now,
        ended_at=now,
        counts=Counts(pages=1),
        population_root=None,
    )
    pack = store.records.packer(template.kind)
    batch = WriteBatch(
        collection=collection,
        observations=[
            Observation(
                key=key,
                observed_at=now,
                source=replace(record.source, window=window),
                body=pack(body),
            )
            for record, body, key in observations
        ],
        snapshot=window is None and template.kind not in events,
    )
    return store.records.append(batch)


def _unchanged(
    sample: Sample, template: Collection, now: datetime
) -> Iterator[tuple[Record, bytes, str]]:
    """Yield what a snapshot reads again; the refresh of an event kind finds nothing changed."""
    if template.kind in {other.kind for other in sample.templates if other.window is not None}:
        return
    for record in sample.records[template.kind]:
        if template.kind in DATED:
            yield moved_by_days(record, sample.at, now)
        else:
            yield record, encode(record.body), record.key


def _moment(record: Record) -> datetime:
    """Return when an event happened."""
    return parse_instant(record.body.get("created_at") or record.body["execution_time"])


class Timeline:
    """The events of one kind at any time: those of the sample, and the same ones before."""

    def __init__(self, sample: Sample, kind: str) -> None:
        """Sort the records by when they were created."""
        self._sample = sample
        dated = [(_moment(record), record) for record in sample.records[kind]]
        self._records = sorted(dated, key=lambda pair: (pair[0], pair[1].key))
        self._moments = [moment for moment, _ in self._records]

    def between(self, window: Window) -> Iterator[tuple[Record, bytes, str]]:
        """Yield what was created in a window, with the body and key of that time."""
        newest = int((self._sample.at - window.until) / BLOCK)
        oldest = int((self._sample.at - window.since) / BLOCK)
        for block in range(oldest, newest - 1, -1):
            shift = block * BLOCK
            floor = max(window.since + shift, self._sample.at - BLOCK)
            low = bisect_left(self._moments, floor)
            high = bisect_left(self._moments, min(window.until + shift, self._sample.at))
            for _, record in self._records[low:high]:
                body = encode(record.body)
                if block:
                    body = _earlier(body, shift, block)
                yield record, body, str(decode(body)["id"])


def _earlier(body: bytes, shift: timedelta, block: int) -> bytes:
    """Return a body of some months before: other moments, other ids of incidents and entries."""

    def moved(match: re.Match[bytes]) -> bytes:
        return b'"' + format_instant(parse_instant(match[1].decode()) - shift).encode() + b'"'

    def renamed(match: re.Match[bytes]) -> bytes:
        return match[0][:-1] + b"B%d" % block + b'"'

    return _IDS.sub(renamed, _INSTANT.sub(moved, body))


if __name__ == "__main__":
    sys.exit(main())
