"""Work out from stored evidence whom a page on a subject would reach at a moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ccm_core.app.workspace import Workspace
from ccm_core.errors import UsageError
from ccm_core.model.evidence.collection import Outcome
from ccm_core.model.evidence.record import Record
from ccm_core.pipeline.context import Connection
from ccm_core.pipeline.evaluate import current_moment, load_evidence, watch_scope
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.sdk.simulation.page import PageRequest, PageSimulation, PageWalk
from ccm_core.store.interface.evidence_store import EvidenceStore

_MOST = 5
"""How many subjects a message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPage:
    """The way of one page, and what it was worked out from."""

    connection: str
    subject: str
    """Its title."""
    key: str
    at: datetime
    walk: PageWalk
    insufficient: tuple[str, ...]
    """Kinds that the simulation reads and that are not known whole, each with how it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    simulation: PageSimulation
    evidence: Evidence
    record: Record
    title: str


def simulate_page(
    workspace: Workspace,
    store: EvidenceStore,
    name: str,
    *,
    at: datetime | None,
    urgency: str | None,
    connections: Sequence[str] = (),
) -> SimulatedPage:
    """Simulate a page on what has a name or a key.

    Args:
        workspace: The settings and what is installed.
        store: Where the evidence is.
        name: The title or the key of what an incident occurs on.
        at: When it occurs; None: now.
        urgency: As the source names it; None: as the subject's settings decide.
        connections: Names of connections; none: all.

    Raises:
        UsageError: No plugin simulates pages of these connections, or none or several subjects
            have the name.
    """
    selected = workspace.connections(connections, secrets=False)
    candidates = [
        candidate
        for connection in selected
        for candidate in _candidates(workspace, connection, store)
    ]
    chosen = _chosen(candidates, name)
    evidence, simulation = chosen.evidence, chosen.simulation
    moment = at or evidence.now
    request = PageRequest(
        subject=chosen.record,
        at=moment,
        urgency=urgency,
        records={kind: evidence.load(kind) for kind in simulation.inputs},
        vanished={kind: evidence.load_vanished(kind) for kind in simulation.vanished},
    )
    return SimulatedPage(
        connection=evidence.connection,
        subject=chosen.title,
        key=chosen.record.key,
        at=moment,
        walk=simulation.walk(request),
        insufficient=tuple(_insufficient(evidence, simulation)),
    )


def _candidates(
    workspace: Workspace, connection: Connection, store: EvidenceStore
) -> Iterator[_Candidate]:
    for simulation in workspace.catalog.page_simulations.values():
        if simulation.connector != connection.connector.name:
            continue
        now = current_moment(workspace.host, [connection], store)
        scope = watch_scope(workspace.host, connection)
        evidence = load_evidence(workspace.host, scope, store, now)
        field = evidence.kinds[simulation.subject_kind].title_field
        for record in evidence.load(simulation.subject_kind):
            title = str(record.body.get(field) or record.key)
            yield _Candidate(simulation=simulation, evidence=evidence, record=record, title=title)


def _chosen(candidates: Sequence[_Candidate], name: str) -> _Candidate:
    if not candidates:
        raise UsageError(
            "there is nothing to simulate a page on: no plugin offers it for these connections, or "
            "nothing was collected of them; run `ccm collect` first"
        )
    wanted = name.casefold()
    matches = [
        candidate
        for candidate in candidates
        if candidate.record.key == name or candidate.title.casefold() == wanted
    ]
    if len(matches) == 1:
        return matches[0]
    if matches:
        keys = ", ".join(f"{found.record.key} of {found.evidence.connection}" for found in matches)
        raise UsageError(f"several have the name {name!r}: {keys}; write the key of one")
    near = sorted(found.title for found in candidates if wanted in found.title.casefold())
    names = near or sorted(found.title for found in candidates)
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    raise UsageError(f"no {name!r}; there are: {', '.join(names[:_MOST])}{more}")


def _insufficient(evidence: Evidence, simulation: PageSimulation) -> Iterator[str]:
    for kind in simulation.inputs:
        sufficiency = evidence.sufficiency(kind)
        if sufficiency.outcome is not Outcome.COMPLETE:
            yield f"{kind} is {sufficiency.outcome.value}"
