"""What the company changed in its own configuration in a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ccm_core.model.assurance import Assurance
from ccm_core.model.evidence.window import Window
from ccm_core.model.period_basis import ChangedValue, ConfigurationChange, PeriodBasis
from ccm_core.pipeline.change_log.change_log import change_log
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.period_basis.in_force import shown
from ccm_core.report.content.logged_change import LoggedChange
from ccm_core.store.interface.evidence_store import EvidenceStore


def with_configuration(
    basis: PeriodBasis,
    host: Host,
    connections: Sequence[Connection],
    store: EvidenceStore,
    assurance: Assurance,
) -> PeriodBasis:
    """Return what the tests of a period rest on, with what the company changed in the source.

    Args:
        basis: What they rest on.
        host: What is installed, and the clock.
        connections: Whose configuration.
        store: Where the evidence is.
        assurance: Of which period.

    Raises:
        IntegrityError: What is read is not what the ledger says was stored.
    """
    log = change_log(host, connections, store, Window(assurance.since, assurance.until))
    return replace(
        basis,
        configuration_changes=tuple(map(_change, log.changes)),
        configuration_notes=log.notes,
    )


def _change(change: LoggedChange) -> ConfigurationChange:
    return ConfigurationChange(
        connection=change.connection,
        kind=change.kind or "",
        key=change.key,
        title=change.title,
        action=change.action,
        at=change.at,
        since=change.since,
        until=change.until,
        by=change.actors,
        in_trail=change.in_trail,
        fields=tuple(
            ChangedValue(name=one.name, before=_value(one.before), after=_value(one.after))
            for one in change.fields
        ),
    )


def _value(value: object) -> str:
    return "" if value is None else shown(value)
