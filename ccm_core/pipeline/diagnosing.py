"""Diagnosing: what is wrong with a connection, live and in what was last read of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.errors import SourceError
from ccm_core.pipeline.connecting import check, request_to
from ccm_core.sdk.limits import Limiters
from ccm_core.sdk.types import Diagnosis

if TYPE_CHECKING:
    from ccm_core.model.collection import Collection
    from ccm_core.pipeline.parties import Connection, Host
    from ccm_core.store.interface import EvidenceStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionCheck:
    """What was found of one connection."""

    connection: str
    usable: bool
    """Whether the source could be asked at all."""
    diagnoses: tuple[Diagnosis, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What ``ccm check`` found."""

    document: str = "ccm.check/v1"
    checked_at: datetime
    plugins: tuple[Diagnosis, ...]
    """What is wrong with what is installed."""
    connections: tuple[ConnectionCheck, ...]

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        every = [one for each in self.connections for one in each.diagnoses]
        return all(one.good for one in (*self.plugins, *every))


def diagnose(host: Host, connection: Connection, store: EvidenceStore | None) -> ConnectionCheck:
    """Say what is wrong with a connection; that it cannot be opened is told, not raised.

    Args:
        host: Who we are.
        connection: What to look at.
        store: Where its evidence is kept; None: nothing was kept yet.

    Raises:
        StoreError: The store cannot be read.
    """
    review = connection.connector.review
    past = review(newest(connection, store)) if review is not None and store is not None else ()
    try:
        told, usable = check(host, connection), True
    except SourceError as error:
        told, usable = _refused(host, connection, error), False
    return ConnectionCheck(connection=connection.name, usable=usable, diagnoses=(*told, *past))


def newest(connection: Connection, store: EvidenceStore) -> Sequence[Collection]:
    """Give the collections of the run that last tried each kind, in the order of keeping."""
    found: dict[str, list[Collection]] = {}
    for one in store.collections(connection.name):
        run = found.setdefault(one.kind, [])
        if run and run[0].run != one.run:
            run.clear()
        run.append(one)
    collected = {one.kind for one in connection.collectors}
    return [one for kind, run in found.items() if kind in collected for one in _amended(run)]


def _amended(run: Sequence[Collection]) -> Sequence[Collection]:
    """Leave out what a later collection of the run amends."""
    amended = {one.amends for one in run}
    return [one for one in run if one.id not in amended]


def _refused(host: Host, connection: Connection, error: SourceError) -> Sequence[Diagnosis]:
    refused = connection.connector.refused
    if refused is None:
        return (Diagnosis(subject="connection", good=False, found=str(error)),)
    request = request_to(host, connection, Limiters(), lambda _seconds: None)

    async def ask() -> Sequence[Diagnosis]:
        return await refused(request, error)

    return asyncio.run(ask())
