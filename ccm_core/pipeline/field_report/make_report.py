"""Make a field report of what a check found and of what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.field_report.document import (
    FieldReport,
    ReportedConnection,
    ReportedEvaluation,
    ReportedKind,
    ReportedPlugin,
)
from ccm_core.pipeline.field_report.evaluation import INCONCLUSIVE, reported_evaluation
from ccm_core.pipeline.field_report.known_nouns import known_nouns
from ccm_core.pipeline.field_report.live import live_findings
from ccm_core.pipeline.field_report.redaction import redacted
from ccm_core.pipeline.field_report.renames import Renames
from ccm_core.pipeline.field_report.runs import reported_run
from ccm_core.pipeline.field_report.sampled_kind import sampled_kind
from ccm_core.pipeline.field_report.samples import choose_samples

if TYPE_CHECKING:
    from ccm_core.pipeline.check import LiveCheck
    from ccm_core.pipeline.context import Connection, Host
    from ccm_core.store.interface.evidence_store import EvidenceStore

_MOST_RUNS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldReportRequest:
    """What a field report is made of, and how it is redacted."""

    connections: Sequence[tuple[Connection, LiveCheck]]
    public_packs: AbstractSet[str]
    """Where packs of plugins come from: rules of others are renamed."""
    made_at: datetime
    shift: timedelta
    """What to add to every instant: whole weeks."""


def make_report(
    host: Host, request: FieldReportRequest, store: EvidenceStore | None
) -> FieldReport:
    """Return a field report. No name, id, address, message or secret of the account is in it.

    Args:
        host: What is installed.
        request: What was found, and how to redact it.
        store: Where evidence is; None: nothing was stored yet.

    Raises:
        IntegrityError: Stored evidence is damaged.
    """
    renames = Renames(request.shift)
    return FieldReport(
        made_at=renames.moment(request.made_at),
        host_version=host.version,
        plugins=tuple(
            ReportedPlugin(name=plugin.name, version=plugin.version, failed=bool(plugin.failure))
            for plugin in host.plugins
        ),
        connections=tuple(
            _connection(host, connection, live, store, renames)
            for connection, live in request.connections
        ),
        evaluation=None if store is None else _evaluation(host, store, request, renames),
    )


def _connection(
    host: Host,
    connection: Connection,
    live: LiveCheck,
    store: EvidenceStore | None,
    renames: Renames,
) -> ReportedConnection:
    horizon = connection.connector.horizon(connection.settings)
    nouns = known_nouns(host.kinds[name] for name in _names(host, connection))
    manifests = store.runs.manifests(connection.name, last=_MOST_RUNS) if store else ()
    return ReportedConnection(
        connector=connection.connector.name,
        auth_method=connection.auth_method,
        lookback=horizon.lookback.total_seconds(),
        lookahead=horizon.lookahead.total_seconds(),
        live=live_findings(live, nouns),
        runs=tuple(reported_run(manifest, nouns, renames) for manifest in manifests),
        kinds=_kinds(host, connection, store, renames) if store else (),
    )


def _kinds(
    host: Host, connection: Connection, store: EvidenceStore, renames: Renames
) -> tuple[ReportedKind, ...]:
    """Return the stored records of every kind of a connection, redacted."""
    kinds = [sampled_kind(host.kinds[name]) for name in _names(host, connection)]
    samples = choose_samples(store.records, connection.name, kinds)
    sizes = store.records.sizes(connection.name)
    return tuple(
        ReportedKind(
            kind=kind.name,
            version=kind.kind.version,
            records=sizes.get(kind.name, 0),
            read=chosen.read,
            shapes=chosen.shapes,
            shapes_left_out=chosen.shapes_left_out,
            samples=tuple(redacted(record.body, kind.spec, renames) for record in chosen.records),
        )
        for kind in kinds
        for chosen in (samples[kind.name],)
    )


def _names(host: Host, connection: Connection) -> Sequence[str]:
    """Return the installed kinds that a connection collects, sorted."""
    return sorted({collector.kind for collector in connection.collectors} & host.kinds.keys())


def _evaluation(
    host: Host, store: EvidenceStore, request: FieldReportRequest, renames: Renames
) -> ReportedEvaluation | None:
    newest = store.evaluations.latest(scope=INCONCLUSIVE, compact=True)
    if newest is None:
        return None
    return reported_evaluation(host, newest.evaluation, request.public_packs, renames)
