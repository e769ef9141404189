"""The evidence behind the results, and the runs that collected it, by connection."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.model.evidence.amendments import as_amended
from ccm_core.model.evidence.collection import WORST_FIRST, Collection, Outcome, Shortfall
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content import phrases
from ccm_core.report.content.credential_age import rotation_overdue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.model.evaluation.result import KindSufficiency
    from ccm_core.model.evidence.collection import CurrentCount
    from ccm_core.report.types import ReportInput


@dataclass(frozen=True, slots=True, kw_only=True)
class KindEvidence:
    """One kind's evidence, as far as it was collected."""

    kind: str
    version: int | None = None
    outcome: Outcome | None = None
    collected_at: datetime | None = None
    age: str | None = None
    """How much older than the evaluation it is."""
    items: int | None = None
    """Items received in the newest run; None: that run did not read the kind."""
    requests: int | None = None
    records: int | None = None
    """Current records in the store."""
    problem: str | None = None
    """Why it is not sufficient for any check."""
    affected_objects: int = 0
    """How many objects lack evidence, where only some do."""
    shortfalls: tuple[Shortfall, ...] = ()
    notes: tuple[str, ...] = ()
    """What is worth knowing and is not a shortfall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionEvidence:
    """One connection's evidence, and the newest run that read it."""

    connection: str
    kinds: tuple[KindEvidence, ...]
    manifest: Manifest | None = None
    """None: it was never collected."""
    rotation_overdue: str | None = None
    """That its credential is past its rotation date, where it is."""
    requests: int = 0
    retries: int = 0
    refused: int = 0
    waited: float = 0.0
    """Seconds spent waiting for rate limits."""

    @property
    def problems(self) -> int:
        """Return how many kinds are not sufficient for any check, or lack some objects."""
        return sum(bool(kind.problem or kind.affected_objects) for kind in self.kinds)


def connection_evidence(inputs: ReportInput) -> tuple[ConnectionEvidence, ...]:
    """Join sufficiency, manifests and counts by connection and kind, sorted by both."""
    names = {
        *inputs.evaluation.connections,
        *(manifest.connection for manifest in inputs.manifests),
        *(kind.connection for kind in inputs.evaluation.sufficiency),
    }
    return tuple(_connection(name, inputs) for name in sorted(names))


def _connection(name: str, inputs: ReportInput) -> ConnectionEvidence:
    now = inputs.evaluation.evaluated_at
    manifest = next((run for run in inputs.manifests if run.connection == name), None)
    collections = as_amended(manifest.collections) if manifest else ()
    sufficiency = {
        entry.kind: entry for entry in inputs.evaluation.sufficiency if entry.connection == name
    }
    stored = {count.kind: count for count in inputs.counts if count.connection == name}
    kinds = sorted({*sufficiency, *stored, *(collection.kind for collection in collections)})
    return ConnectionEvidence(
        connection=name,
        kinds=tuple(
            _kind(
                kind,
                [collection for collection in collections if collection.kind == kind],
                sufficiency.get(kind),
                stored.get(kind),
                now,
            )
            for kind in kinds
        ),
        manifest=manifest,
        rotation_overdue=rotation_overdue(manifest, now),
        requests=sum(collection.counts.requests for collection in collections),
        retries=sum(collection.counts.retries for collection in collections),
        refused=sum(collection.counts.refused for collection in collections),
        waited=sum(collection.counts.waited for collection in collections),
    )


def _kind(
    kind: str,
    collections: Sequence[Collection],
    sufficiency: KindSufficiency | None,
    stored: CurrentCount | None,
    now: datetime,
) -> KindEvidence:
    newest = max((collection.ended_at for collection in collections), default=None)
    at = sufficiency.collected_at if sufficiency else newest
    at = at or (stored.last_collected_at if stored else None)
    shortfalls = [fall for collection in collections for fall in collection.shortfalls]
    shortfalls += sufficiency.shortfalls if sufficiency else ()
    versions = [collection.version for collection in collections]
    versions += [stored.version] if stored else []
    read = bool(collections)
    return KindEvidence(
        kind=kind,
        version=max(versions, default=None),
        outcome=sufficiency.outcome if sufficiency else _worst(collections, stored),
        collected_at=at,
        age=phrases.duration((now - at).total_seconds()) if at else None,
        items=sum(collection.counts.items for collection in collections) if read else None,
        requests=sum(collection.counts.requests for collection in collections) if read else None,
        records=stored.records if stored else None,
        problem=sufficiency.problem if sufficiency else None,
        affected_objects=len(sufficiency.subjects) if sufficiency else 0,
        shortfalls=tuple(dict.fromkeys(shortfalls)),
        notes=_notes(collections),
    )


def _worst(collections: Sequence[Collection], stored: CurrentCount | None) -> Outcome | None:
    outcomes = {collection.outcome for collection in collections}
    if not outcomes and stored and stored.last_outcome:
        outcomes = {Outcome(stored.last_outcome)}
    return next((outcome for outcome in WORST_FIRST if outcome in outcomes), None)


ACCEPTED = "accepted: "
"""Leads a note of a collection that was complete because a person had accepted something."""


def _notes(collections: Sequence[Collection]) -> tuple[str, ...]:
    fields = sorted({name for collection in collections for name in collection.unknown_fields})
    dangling = Counter(
        reference.kind for collection in collections for reference in collection.dangling
    )
    rejected = sum(collection.counts.rejected for collection in collections)
    notes = [
        f"{phrases.count(number, 'reference')} to a {kind} that is not listed"
        for kind, number in sorted(dangling.items())
    ]
    every_note = (note for collection in collections for note in collection.notes)
    notes += dict.fromkeys(note for note in every_note if note.startswith(ACCEPTED))
    if rejected:
        notes.append(f"{phrases.count(rejected, 'record')} rejected: they do not fit their schema")
    if fields:
        count = phrases.count(len(fields), "new field")
        notes.append(f"schema drift: {count} at the source: {', '.join(fields)}")
    return tuple(notes)
