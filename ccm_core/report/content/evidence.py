"""What stands behind a verdict: evidence and runs, one connection at a time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.model.evidence.collection import WORST_FIRST, Collection, Outcome, Shortfall
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.report.content import phrases
from ccm_core.report.content.credential_age import overdue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.model.evaluation.result import KindSufficiency
    from ccm_core.model.evidence.collection import KindCount
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
    """Keys that stand in the store."""
    problem: str | None = None
    """Why nothing may rest on it."""
    concerned: int = 0
    """How many objects alone lack evidence, where only some do."""
    shortfalls: tuple[Shortfall, ...] = ()
    notes: tuple[str, ...] = ()
    """What is worth knowing and no shortfall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionEvidence:
    """One connection's evidence, and the newest run that read it."""

    connection: str
    kinds: tuple[KindEvidence, ...]
    manifest: Manifest | None = None
    """None: it was never collected."""
    overdue: str | None = None
    """That its credential should have been replaced, where it should."""
    requests: int = 0
    retries: int = 0
    refused: int = 0
    waited: float = 0.0
    """Seconds spent waiting for rate limits."""


def evidence(given: ReportInput) -> tuple[ConnectionEvidence, ...]:
    """Join sufficiency, manifests and counts by connection and kind, sorted by both."""
    names = {
        *given.evaluation.connections,
        *(manifest.connection for manifest in given.manifests),
        *(standing.connection for standing in given.evaluation.sufficiency),
    }
    return tuple(_connection(name, given) for name in sorted(names))


def _connection(name: str, given: ReportInput) -> ConnectionEvidence:
    manifest = next((one for one in given.manifests if one.connection == name), None)
    collections = manifest.collections if manifest else ()
    sufficiency = {one.kind: one for one in given.evaluation.sufficiency if one.connection == name}
    stored = {one.kind: one for one in given.counts if one.connection == name}
    kinds = sorted({*sufficiency, *stored, *(one.kind for one in collections)})
    return ConnectionEvidence(
        connection=name,
        kinds=tuple(
            _kind(
                kind,
                [one for one in collections if one.kind == kind],
                sufficiency.get(kind),
                stored.get(kind),
                given.evaluation.evaluated_at,
            )
            for kind in kinds
        ),
        manifest=manifest,
        overdue=overdue(manifest, given.evaluation.evaluated_at),
        requests=sum(one.counts.requests for one in collections),
        retries=sum(one.counts.retries for one in collections),
        refused=sum(one.counts.refused for one in collections),
        waited=sum(one.counts.waited for one in collections),
    )


def _kind(
    kind: str,
    collections: Sequence[Collection],
    standing: KindSufficiency | None,
    stored: KindCount | None,
    now: datetime,
) -> KindEvidence:
    newest = max((one.ended_at for one in collections), default=None)
    at = standing.collected_at if standing else newest
    at = at or (stored.last_collected_at if stored else None)
    found = [one for each in collections for one in each.shortfalls]
    found += standing.shortfalls if standing else ()
    versions = [one.version for one in collections] + ([stored.version] if stored else [])
    return KindEvidence(
        kind=kind,
        version=max(versions, default=None),
        outcome=standing.outcome if standing else _worst(collections, stored),
        collected_at=at,
        age=phrases.span((now - at).total_seconds()) if at else None,
        items=sum(one.counts.items for one in collections) if collections else None,
        requests=sum(one.counts.requests for one in collections) if collections else None,
        records=stored.records if stored else None,
        problem=standing.problem if standing else None,
        concerned=len(standing.subjects) if standing else 0,
        shortfalls=tuple(dict.fromkeys(found)),
        notes=_notes(collections),
    )


def _worst(collections: Sequence[Collection], stored: KindCount | None) -> Outcome | None:
    seen = {one.outcome for one in collections}
    if not seen and stored and stored.last_outcome:
        seen = {Outcome(stored.last_outcome)}
    return next((outcome for outcome in WORST_FIRST if outcome in seen), None)


def _notes(collections: Sequence[Collection]) -> tuple[str, ...]:
    fields = sorted({name for one in collections for name in one.unknown_fields})
    dangling = Counter(one.kind for each in collections for one in each.dangling)
    rejected = sum(one.counts.rejected for one in collections)
    said = [
        f"{phrases.count(number, 'reference')} to a {kind} that is not listed"
        for kind, number in sorted(dangling.items())
    ]
    if rejected:
        said.append(f"{phrases.count(rejected, 'record')} kept apart: not of the schema's shape")
    if fields:
        said.append(f"{phrases.count(len(fields), 'field')} new at the source: {', '.join(fields)}")
    return tuple(said)
