"""The evidence package of a period, written with the key that the vault holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.auth import signing_keys
from ccm_core.pipeline.bundle import BundleRequest, bundle, store_signer

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.model.period import Period
    from ccm_core.pipeline.assurance import ControlName


def write_package(
    workspace: Workspace,
    period: Period,
    controls: Sequence[ControlName],
    connections: Sequence[str],
    path: Path,
) -> Sequence[str]:
    """Write the evidence package of a period; return what is worth knowing of it.

    Args:
        workspace: The settings and the store.
        period: The period.
        controls: Which; none: every one that the packs support.
        connections: Which; none: every one of the settings.
        path: Where to write it.

    Raises:
        UsageError: Something that is asked for is not known, or nothing is signed.
    """
    with workspace.read_store() as store:
        request = BundleRequest(
            connections=workspace.connections(connections, secrets=False),
            period=period,
            controls=controls,
        )
        signer = store_signer(store.ledger, signing_keys.stored_keys(workspace.vault()))
        return bundle(workspace.host, store, request, signer, path)
