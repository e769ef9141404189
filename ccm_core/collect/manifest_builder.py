"""Sealing: the manifest of a run, written from what the runner kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ccm_core.collect.outcome import worst
from ccm_core.collect.unseen_objects import newest, unseen
from ccm_core.model.evidence.collection import (
    Collection,
    CredentialInfo,
    Dangling,
    Outcome,
    Shortfall,
)
from ccm_core.model.evidence.manifest import Manifest, PluginVersion, Promise
from ccm_core.model.evidence.run import OpenRun


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMetadata:
    """What is known of a run beside its collections."""

    host_version: str
    plugins: tuple[PluginVersion, ...]
    promised: tuple[Promise, ...] = ()
    not_due: tuple[str, ...] = ()
    credential: CredentialInfo | None = None
    entered_at: datetime | None = None
    rotate_by: datetime | None = None
    clock_skew: float | None = None
    cut: Shortfall | None = None
    """What cut the run short, if anything did."""


def manifest(
    run: OpenRun,
    *,
    settings_digest: str,
    ended_at: datetime,
    collections: Sequence[Collection],
    dangling: Mapping[str, tuple[Dangling, ...]],
    ending: RunMetadata,
    earlier: Sequence[Collection] = (),
) -> Manifest:
    """Say what a run did.

    Args:
        run: The run.
        settings_digest: Of the connection's settings.
        ended_at: When it ended.
        collections: What it kept, in order.
        dangling: Names that lead nowhere, by collection id.
        ending: The rest.
        earlier: What was kept before, for the kinds that this run did not try.
    """
    told = tuple(replace(one, dangling=dangling.get(one.id, ())) for one in collections)
    outcomes = [one.outcome for one in told] + ([Outcome.FAILED] if ending.cut else [])
    return Manifest(
        run=run.run,
        connection=run.connection,
        connector=run.connector,
        started_at=run.started_at,
        ended_at=ended_at,
        clock_skew=ending.clock_skew,
        host_version=ending.host_version,
        plugins=ending.plugins,
        settings_digest=settings_digest,
        credential=ending.credential,
        unseen=unseen(newest([*earlier, *told], {one.kind for one in ending.promised})),
        entered_at=ending.entered_at,
        rotate_by=ending.rotate_by,
        outcome=worst(outcomes),
        shortfalls=(ending.cut,) if ending.cut else (),
        collections=told,
        promised=ending.promised,
        not_due=ending.not_due,
    )
