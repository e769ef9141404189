"""The connections of a period: accounts, credentials, and what was asked of the source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ccm_core.model import json_codec
from ccm_core.model.evidence.collection import Collection, CredentialInfo
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.evidence.window import Window
from ccm_core.model.period_basis import ConnectionBasis, CredentialUse, SourceQuery
from ccm_core.pipeline.context import Connection
from ccm_core.store.interface.runs import RunStore


def connection_basis(runs: RunStore, connection: Connection, period: Window) -> ConnectionBasis:
    """Return what was done over a connection in a period."""
    every = runs.collections(connection.name)
    collections = [one for one in every if one.ended_at in period]
    manifests = [one for one in runs.manifests(connection.name) if one.started_at in period]
    known = [one.account for one in collections if one.account is not None]
    return ConnectionBasis(
        connection=connection.name,
        connector=connection.connector.name,
        accounts=tuple(dict.fromkeys(known)),
        watched_since=min((one.ended_at for one in every), default=None),
        runs=len(manifests),
        credentials=tuple(_credentials(manifests)),
        queries=tuple(_queries(collections)),
    )


def _credentials(manifests: Sequence[Manifest]) -> Iterator[CredentialUse]:
    """Yield each credential with its rights, for as long as runs found it so."""
    current: CredentialUse | None = None
    for manifest in sorted(manifests, key=lambda one: one.started_at):
        if manifest.credential is None:
            continue
        found = _credential(manifest.credential, manifest)
        if current is not None and _identity(current) == _identity(found):
            found = _credential(manifest.credential, manifest, since=current)
        elif current is not None:
            yield current
        current = found
    if current is not None:
        yield current


def _credential(
    info: CredentialInfo, manifest: Manifest, since: CredentialUse | None = None
) -> CredentialUse:
    return CredentialUse(
        kind=info.kind,
        role=info.role or "",
        scopes=info.scopes or (),
        holder=json_codec.encode(info.detail).decode() if info.detail else "",
        visibility=info.visibility.value,
        visibility_reason=info.visibility_reason,
        since=since.since if since else manifest.started_at,
        until=manifest.ended_at,
    )


def _identity(use: CredentialUse) -> tuple[object, ...]:
    return (use.kind, use.role, use.scopes, use.holder, use.visibility, use.visibility_reason)


def _queries(collections: Sequence[Collection]) -> Iterator[SourceQuery]:
    """Yield what was asked for each kind; the numbers are those of the last collection."""
    by_kind: dict[str, list[Collection]] = {}
    for collection in collections:
        by_kind.setdefault(collection.kind, []).append(collection)
    for kind, some in sorted(by_kind.items()):
        last = max(some, key=lambda one: one.ended_at)
        windows = [one.window for one in some if one.window is not None]
        for request in last.requests[:1]:
            yield SourceQuery(
                kind=kind,
                endpoint=request.endpoint,
                more_endpoints=len({one.endpoint for one in last.requests}) - 1,
                parameters=tuple(f"{name}={value}" for name, value in request.parameters),
                collections=len(some),
                items=last.counts.items,
                source_total=last.counts.total_at_end,
                since=min((window.since for window in windows), default=None),
                until=max((window.until for window in windows), default=None),
            )
