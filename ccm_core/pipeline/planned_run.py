"""What a run of a connection will do, by what is stored of it. Nothing is read from the source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ccm_core.collect.objects_to_refresh import relevant_since
from ccm_core.collect.planner import Plan, PlanInputs, plan
from ccm_core.model.evidence.account import current_account, is_foreign, of_account
from ccm_core.model.evidence.amendments import as_read
from ccm_core.model.evidence.collection import Collection, Reason
from ccm_core.model.evidence.storage_order import TOLERANCE, dated_in_order
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.source.account import expected_account
from ccm_core.store.interface.runs import RunStore

TRIES = 20
"""Cadences to look back at least; more failures in a row do not lengthen the backoff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """What a run will do, and what that was decided by."""

    now: datetime
    stored: Sequence[Collection]
    """The collections before the run that a plan may need."""
    collections: list[Collection]
    """Those of them that count: of the account, and not dated by a clock that ran ahead."""
    foreign: frozenset[str]
    """The ids of those of another account."""
    stored_account: str | None
    """The account of the newest that knows it."""
    inputs: PlanInputs
    due: Plan

    unseen: bool
    """Whether a credential that sees the whole account would have more to read."""


def plan_run(
    host: Host,
    connection: Connection,
    runs: RunStore,
    *,
    force: bool,
    account: str | None = None,
    sees_whole: bool = False,
    stored: Sequence[Collection] | None = None,
) -> PlannedRun:
    """Plan a run of a connection by what is stored of it.

    Args:
        host: What is installed, and the clock.
        connection: What to read.
        runs: Where its collections are stored.
        force: Read what is not due as well.
        account: The account that is read; None: the expected one.
        sees_whole: Whether the credential is shown to see the whole account.
        stored: What an earlier plan of the same run by the same clock has read of ``runs``.
    """
    now = host.clock().replace(microsecond=0)
    if stored is None:
        stored = _stored_collections(host, connection, runs, now)
    stored_account = current_account(stored)
    account = account or expected_account(connection, stored_account)
    # What a clock that ran ahead stored last is contradicted by nothing yet: all is read again.
    is_ahead = bool(stored) and stored[-1].ended_at - now > TOLERANCE
    inputs = plan_inputs(connection, now, force=force or is_ahead)
    collections = dated_in_order(of_account(stored, account), inputs.horizon.since)
    due = _plan(host, connection, collections, inputs, sees_whole=sees_whole)
    return PlannedRun(
        now=now,
        stored=stored,
        collections=collections,
        foreign=frozenset(
            collection.id for collection in stored if is_foreign(collection, account)
        ),
        stored_account=stored_account,
        inputs=inputs,
        due=due,
        unseen=_has_hidden(collections)
        and _plan(host, connection, collections, inputs, sees_whole=True) != due,
    )


def _plan(
    host: Host,
    connection: Connection,
    collections: Sequence[Collection],
    inputs: PlanInputs,
    *,
    sees_whole: bool,
) -> Plan:
    read = by_kind(as_read(collections, sees_whole=sees_whole))
    return plan(connection.collectors, host.kinds, read, inputs)


def _has_hidden(collections: Sequence[Collection]) -> bool:
    every = (shortfall for collection in collections for shortfall in collection.shortfalls)
    return any(shortfall.reason is Reason.VISIBILITY for shortfall in every)


def collections_for_planning(
    host: Host, connection: Connection, runs: RunStore, now: datetime
) -> list[Collection]:
    """Return those collections of a connection that a plan needs, however many are stored.

    These are the collections about the horizon, enough attempts to tell how long a source has been
    down, the newest of each kind, and every one since changes were last detected. Where the
    connection changed to another account, those of the former one are left out, and so are those
    that were dated by a clock that ran ahead.
    """
    stored = _stored_collections(host, connection, runs, now)
    collections = of_account(stored, expected_account(connection, current_account(stored)))
    return dated_in_order(collections, connection.horizon(now).since)


def _stored_collections(
    host: Host, connection: Connection, runs: RunStore, now: datetime
) -> Sequence[Collection]:
    cadences = (
        connection.cadences.get(collector.kind, host.kinds[collector.kind].cadence)
        for collector in connection.collectors
    )
    begin = min(connection.horizon(now).since, now - TRIES * max(cadences, default=timedelta(0)))
    collections = runs.collections(connection.name, since=begin)
    since = relevant_since(
        connection.collectors, by_kind(as_read(collections, sees_whole=False)), begin
    )
    if since != begin:
        collections = runs.collections(connection.name, since=since)
    return collections


def plan_inputs(connection: Connection, now: datetime, *, force: bool = False) -> PlanInputs:
    """Return what a plan is made from at a moment."""
    return PlanInputs(
        now=now,
        horizon=connection.horizon(now),
        cadences=connection.cadences,
        force=force,
        accepted=connection.accept_unavailable.keys(),
    )


def by_kind(collections: Sequence[Collection]) -> dict[str, list[Collection]]:
    """Group collections by kind, in their order."""
    grouped: dict[str, list[Collection]] = {}
    for collection in collections:
        grouped.setdefault(collection.kind, []).append(collection)
    return grouped
