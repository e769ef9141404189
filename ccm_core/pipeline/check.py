"""Diagnose a connection: live, and by its newest collections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.collect.visibility_gaps import newest
from ccm_core.errors import CcmError, PluginFault, SourceError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.planned_run import collections_for_planning
from ccm_core.pipeline.review_evidence import NOTHING_COLLECTED, review_evidence
from ccm_core.pipeline.source.account import stored_account
from ccm_core.pipeline.source.connection_session import check, connect_request
from ccm_core.sdk.secret import disclosing
from ccm_core.sdk.types import Diagnosis

if TYPE_CHECKING:
    from ccm_core.pipeline.context import Connection, Host
    from ccm_core.sdk.traffic import Traffic
    from ccm_core.store.interface.evidence_store import EvidenceStore
    from ccm_core.store.interface.runs import RunStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionCheck:
    """The diagnoses of one connection."""

    connection: str
    usable: bool
    """Whether a session could be opened."""
    diagnoses: tuple[Diagnosis, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The document of ``ccm check``."""

    document: str = "ccm.check/v1"
    checked_at: datetime
    plugins: tuple[Diagnosis, ...]
    """Problems of what is installed."""
    scopes: tuple[Diagnosis, ...] = ()
    """Scopes of frameworks that leave out nothing or everything, by the newest evaluation."""
    connections: tuple[ConnectionCheck, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no problem."""
        every = [diagnosis for connection in self.connections for diagnosis in connection.diagnoses]
        return all(diagnosis.ok for diagnosis in (*self.plugins, *self.scopes, *every))


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCheck:
    """The check of one connection, and what its requests showed."""

    check: ConnectionCheck
    traffic: Traffic | None
    """None where no session could be opened."""
    failure: str | None
    """The class of the error for which none could be."""
    seconds: float


async def diagnose(host: Host, connection: Connection, store: EvidenceStore | None) -> LiveCheck:
    """Return what is wrong with a connection; one that cannot be opened is a diagnosis, no error.

    Args:
        host: What is installed, and the clock.
        connection: What to check.
        store: Where its evidence is stored; None: nothing was stored yet.

    Raises:
        StoreError: The store cannot be read.
    """
    past = stored_diagnoses(host, connection, store) if store is not None else (NOTHING_COLLECTED,)
    account = stored_account(store.runs, connection.name, host.clock()) if store else None
    live: Sequence[Diagnosis]
    traffic, failure, began_at = None, None, host.clock()
    try:
        tested = await check(host, connection, account)
        live, traffic = tested.diagnoses, tested.traffic
    except PluginFault as fault:
        live, failure = _broken(fault), _error_class(fault)
    except SourceError as error:
        live, failure = await diagnose_refusal(host, connection, error), _error_class(error)
    diagnoses = (*live, *past)
    return LiveCheck(
        check=ConnectionCheck(
            connection=connection.name, usable=failure is None, diagnoses=diagnoses
        ),
        traffic=traffic,
        failure=failure,
        seconds=(host.clock() - began_at).total_seconds(),
    )


def _error_class(error: CcmError) -> str:
    """Return the name of the host's own class of an error: a plugin's may derive from it."""
    classes = (
        base.__name__ for base in type(error).__mro__ if base.__module__ == CcmError.__module__
    )
    return next(classes)


def stored_diagnoses(
    host: Host, connection: Connection, store: EvidenceStore
) -> Sequence[Diagnosis]:
    """Return what the connector says of the newest collections, and what it does not say."""
    own = review_evidence(host, connection, store)
    accepted = {diagnosis.subject for diagnosis in own if diagnosis.ok}
    reviewed = [
        diagnosis
        for diagnosis in _reviewed_by_connector(host, connection, store.runs)
        if diagnosis.subject not in accepted
    ]
    subjects = {diagnosis.subject for diagnosis in reviewed if not diagnosis.ok}
    return (*reviewed, *(line for line in own if line.subject not in subjects))


def _reviewed_by_connector(
    host: Host, connection: Connection, runs: RunStore
) -> Sequence[Diagnosis]:
    review = connection.connector.review_collections
    if review is None:
        return ()
    kinds = {collector.kind for collector in connection.collectors}
    collections = collections_for_planning(host, connection, runs, host.clock())
    return review(newest(collections, kinds))


async def diagnose_refusal(
    host: Host, connection: Connection, error: SourceError
) -> Sequence[Diagnosis]:
    """Return why a session of a connection could not be opened, as its connector finds out."""
    from ccm_core.sdk.rate_limit import Limiters

    refused = connection.connector.diagnose_failure
    if refused is None:
        return (Diagnosis(subject="connection", ok=False, message=str(error)),)
    request = connect_request(host, connection, Limiters(), lambda _seconds: None)
    try:
        with disclosing(secret.reveal() for secret in request.secrets.values()):
            return await refused(request, error)
    except PluginFault as fault:
        return _broken(fault)
    except SourceError as cause:
        return (Diagnosis(subject="connection", ok=False, message=str(cause)),)


def _broken(fault: PluginFault) -> Sequence[Diagnosis]:
    """Return the diagnosis of a connector that broke: nothing it says can be relied on."""
    return (
        Diagnosis(
            subject="connector",
            ok=False,
            cause="plugin_fault",
            message=str(fault),
            next_step="install another version of the plugin, or report this to its author; "
            "`ccm --debug check` shows the traceback",
        ),
    )
