"""The health of a connection: what its runs read, what they did not, and when the next are due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.model.evidence.collection import CurrentCount, Outcome
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.check import stored_diagnoses
from ccm_core.pipeline.next_due import next_due_times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.app.workspace import Workspace
    from ccm_core.collect.cadence import DueTime
    from ccm_core.model.evidence.manifest import Manifest
    from ccm_core.sdk.types import Diagnosis
    from ccm_core.store.interface.evidence_store import EvidenceStore


@dataclass(frozen=True, slots=True, kw_only=True)
class KindHealth:
    """One kind of evidence that a connection collects."""

    kind: str
    cadence: timedelta
    attempted_at: datetime | None
    """When the last run that tried it started; None: none did."""
    collected_at: datetime | None
    outcome: Outcome | None
    records: int | None
    due_at: datetime
    problems: tuple[Diagnosis, ...] = ()

    @property
    def cadence_seconds(self) -> float:
        """How often it is collected."""
        return self.cadence.total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionHealth:
    """One connection as its stored runs show it. Nothing is asked of its source."""

    connection: str
    manifest: Manifest | None
    """Of its newest run; None: it never ran."""
    kinds: tuple[KindHealth, ...] = ()
    other: tuple[Diagnosis, ...] = ()
    """What concerns no single kind."""

    @property
    def next_due(self) -> datetime | None:
        """When the first of its kinds is due."""
        return min((kind.due_at for kind in self.kinds), default=None)

    @property
    def problems(self) -> int:
        """How many kinds have a problem."""
        return sum(bool(kind.problems) for kind in self.kinds)


def connection_health(
    workspace: Workspace, store: EvidenceStore, names: Sequence[str]
) -> Sequence[ConnectionHealth]:
    """Return the health of connections, in their order.

    Raises:
        StoreError: The store cannot be read.
    """
    newest = {manifest.connection: manifest for manifest in store.runs.newest_manifests()}
    counts = store.records.current_counts(as_of=workspace.host.clock())
    return [
        _health(
            workspace,
            store,
            name,
            newest.get(name),
            {count.kind: count for count in counts if count.connection == name},
        )
        for name in names
    ]


def _health(
    workspace: Workspace,
    store: EvidenceStore,
    name: str,
    manifest: Manifest | None,
    counts: dict[str, CurrentCount],
) -> ConnectionHealth:
    (connection,) = workspace.connections([name], secrets=False)
    host = workspace.host
    problems = [line for line in stored_diagnoses(host, connection, store) if not line.ok]
    due = next_due_times(host, connection, store.runs)
    kinds = {entry.kind for entry in due}
    return ConnectionHealth(
        connection=name,
        manifest=manifest,
        kinds=tuple(_kind(entry, counts.get(entry.kind), problems) for entry in due),
        other=tuple(line for line in problems if line.subject not in kinds),
    )


def _kind(due: DueTime, count: CurrentCount | None, problems: Sequence[Diagnosis]) -> KindHealth:
    return KindHealth(
        kind=due.kind,
        cadence=due.cadence,
        attempted_at=due.last_attempt_at,
        collected_at=count.last_collected_at if count else None,
        outcome=Outcome(count.last_outcome) if count and count.last_outcome else None,
        records=count.records if count else None,
        due_at=due.due_at,
        problems=tuple(line for line in problems if line.subject == due.kind),
    )
