"""Work out from stored evidence whom a page on a subject would reach at a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache, partial

from ccm_core.app.workspace import Workspace
from ccm_core.errors import UsageError
from ccm_core.model.evaluation.result import KindSufficiency
from ccm_core.model.evidence.record import Record
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.context import Connection
from ccm_core.pipeline.evaluate import current_moment, load_evidence, watch_scope
from ccm_core.pipeline.seals.sealed_evidence import SealedEvidence
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.sdk.simulation.page import PageOutcome, PageRequest, PageSimulation, PageWalk
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
    """What the answer may lack, in plain words: with any, it proves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    simulation: PageSimulation
    evidence: Evidence
    record: Record
    title: str


class _EarliestWhenRead(Mapping[str, Record]):
    """The earliest record of each object; looked for among all events when it is first read."""

    def __init__(self, load: Callable[[], Mapping[str, Record]]) -> None:
        self._load = cache(load)

    def __getitem__(self, key: str) -> Record:
        return self._load()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())


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
        IntegrityError: A record is not what the last evaluation read and what was stored since.
    """
    selected = workspace.connections(connections, secrets=False)
    candidates = [
        candidate
        for connection in selected
        for candidate in _candidates(workspace, connection, store)
    ]
    chosen = _chosen(candidates, name)
    evidence, simulation = chosen.evidence, chosen.simulation
    if urgency is not None and urgency not in simulation.urgencies:
        raise UsageError(
            f"--urgency {urgency!r}: expected one of {', '.join(simulation.urgencies)}"
        )
    moment = at or evidence.now
    sufficiency = _sufficiency(evidence, simulation)
    problems = tuple(_problems(sufficiency, simulation))
    request = PageRequest(
        subject=chosen.record,
        at=moment,
        now=evidence.now,
        urgency=urgency,
        records={kind: evidence.load(kind) for kind in _kinds(sufficiency, simulation)},
        vanished={kind: evidence.load_vanished(kind) for kind in simulation.vanished},
        earliest={
            asked.name: _EarliestWhenRead(partial(evidence.load_earliest, asked))
            for asked in simulation.earliest
        },
    )
    unknown = PageWalk(outcome=PageOutcome.UNKNOWN, urgency=urgency, statements=problems)
    return SimulatedPage(
        connection=evidence.connection,
        subject=chosen.title,
        key=chosen.record.key,
        at=moment,
        walk=unknown if problems else simulation.walk(request),
        insufficient=tuple(_limits(sufficiency, simulation, ahead=at is not None)),
    )


def _candidates(
    workspace: Workspace, connection: Connection, store: EvidenceStore
) -> Iterator[_Candidate]:
    for simulation in workspace.catalog.page_simulations.values():
        if simulation.connector != connection.connector.name:
            continue
        now = current_moment(workspace.host, [connection], store)
        scope = watch_scope(workspace.host, connection)
        seals = SealedEvidence.of(store, connection.name, now)
        evidence = load_evidence(workspace.host, scope, store, now, seals=seals)
        field = evidence.kinds[simulation.subject_kind].title_field or ""
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
        raise UsageError(
            f"several have the name {name!r}: {keys}; write the key of one, and choose its "
            "connection with --connection"
        )
    near = sorted(found.title for found in candidates if wanted in found.title.casefold())
    names = near or sorted(found.title for found in candidates)
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    raise UsageError(f"no {name!r}; there are: {', '.join(names[:_MOST])}{more}")


def _sufficiency(evidence: Evidence, simulation: PageSimulation) -> Mapping[str, KindSufficiency]:
    """Return how far each kind behind a simulation can be relied on, of those collected."""
    kinds = {*simulation.inputs, *simulation.optional} & evidence.kinds.keys()
    return {kind: evidence.sufficiency(kind) for kind in kinds}


def _kinds(sufficiency: Mapping[str, KindSufficiency], simulation: PageSimulation) -> Iterator[str]:
    yield from simulation.inputs
    for kind in simulation.optional:
        if kind in sufficiency and sufficiency[kind].problem is None:
            yield kind


def _problems(
    sufficiency: Mapping[str, KindSufficiency], simulation: PageSimulation
) -> Iterator[str]:
    """Yield why nothing can be said: evidence is missing, denied, partial or too old."""
    for kind in simulation.inputs:
        if (problem := sufficiency[kind].problem) is not None:
            yield problem


def _limits(
    sufficiency: Mapping[str, KindSufficiency], simulation: PageSimulation, *, ahead: bool
) -> Iterator[str]:
    """Yield what limits the answer; what is in force now, the subject itself shows."""
    for kind in simulation.inputs:
        if (unlisted := sufficiency[kind].unlisted) is not None:
            yield unlisted
    for kind in simulation.optional if ahead else ():
        problem = sufficiency[kind].problem if kind in sufficiency else f"{kind} is not collected"
        if problem is not None:
            yield problem
