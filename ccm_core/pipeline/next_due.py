"""When each kind of a connection is due next. Nothing is read from the source."""

from __future__ import annotations

from collections.abc import Sequence

from ccm_core.collect.cadence import DueTime
from ccm_core.collect.planner import due_times
from ccm_core.model.evidence.amendments import as_read
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.planned_run import (
    by_kind,
    collections_for_planning,
    plan_inputs,
)
from ccm_core.store.interface.runs import RunStore


def next_due_times(host: Host, connection: Connection, runs: RunStore) -> Sequence[DueTime]:
    """Return when each kind is due, from its stored collections, whichever process made them.

    Raises:
        StoreError: The store cannot be read.
    """
    now = host.clock().replace(microsecond=0)
    stored = collections_for_planning(host, connection, runs, now)
    collections = by_kind(as_read(stored, sees_whole=False))
    inputs = plan_inputs(connection, now)
    return due_times(connection.collectors, host.kinds, collections, inputs)
