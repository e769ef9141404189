"""Builds the manifest that seals a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime

from ccm_core.collect.outcome import worst
from ccm_core.collect.visibility_gaps import newest, unseen
from ccm_core.model.evidence.acceptance import AcceptedGap
from ccm_core.model.evidence.collection import (
    Collection,
    CredentialInfo,
    Dangling,
    Outcome,
    Shortfall,
    is_denied,
    is_not_offered,
)
from ccm_core.model.evidence.manifest import Manifest, PluginVersion, ScheduledKind
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMetadata:
    """What the manifest states beside the run's collections."""

    host_version: str
    plugins: tuple[PluginVersion, ...]
    scheduled: tuple[ScheduledKind, ...] = ()
    not_due: tuple[str, ...] = ()
    credential: CredentialInfo | None = None
    entered_at: datetime | None = None
    rotate_by: datetime | None = None
    clock_skew: float | None = None
    clock_disagreement: float | None = None
    accept_unavailable: Mapping[str, str] = field(default_factory=dict)
    """By kind: why it is accepted that the source does not offer it."""
    optional: frozenset[str] = frozenset()
    """The kinds of which a denial may be accepted."""
    cut: Shortfall | None = None
    """What cut the run short, if anything did."""


def manifest(
    run: OpenRun,
    *,
    settings_digest: str,
    ended_at: datetime,
    collections: Sequence[Collection],
    dangling: Mapping[str, tuple[Dangling, ...]],
    metadata: RunMetadata,
    earlier: Sequence[Collection] = (),
) -> Manifest:
    """Return the manifest of a run.

    Args:
        run: The run.
        settings_digest: Of the connection's settings.
        ended_at: When it ended.
        collections: What it stored, in order.
        dangling: Dangling references, by collection id.
        metadata: The rest.
        earlier: The collections before it, for the kinds that this run did not try.
    """
    collections = tuple(
        replace(
            collection,
            dangling=tuple(dict.fromkeys((*collection.dangling, *dangling.get(collection.id, ())))),
        )
        for collection in collections
    )
    accepted = _accepted(collections, metadata)
    kinds = {gap.kind for gap in accepted}
    outcomes = [collection.outcome for collection in collections if collection.kind not in kinds]
    outcomes += [Outcome.FAILED] if metadata.cut else []
    return Manifest(
        run=run.run,
        connection=run.connection,
        connector=run.connector,
        started_at=run.started_at,
        ended_at=ended_at,
        clock_skew=metadata.clock_skew,
        clock_disagreement=metadata.clock_disagreement,
        host_version=metadata.host_version,
        plugins=metadata.plugins,
        settings_digest=settings_digest,
        credential=metadata.credential,
        visibility_gaps=unseen(
            newest([*earlier, *collections], {kind.kind for kind in metadata.scheduled})
        ),
        entered_at=metadata.entered_at,
        rotate_by=metadata.rotate_by,
        accepted=accepted,
        outcome=worst(outcomes),
        shortfalls=(metadata.cut,) if metadata.cut else (),
        collections=collections,
        scheduled=metadata.scheduled,
        not_due=metadata.not_due,
    )


def _accepted(collections: Sequence[Collection], metadata: RunMetadata) -> tuple[AcceptedGap, ...]:
    """Return the accepted kinds of which nothing was offered."""
    reasons, optional = metadata.accept_unavailable, metadata.optional
    by_kind: dict[str, list[Collection]] = {}
    for collection in collections:
        by_kind.setdefault(collection.kind, []).append(collection)
    return tuple(
        AcceptedGap(
            kind=kind,
            reason=reasons[kind],
            denied=any(is_denied(attempt.shortfalls) for attempt in attempts),
        )
        for kind, attempts in sorted(by_kind.items())
        if kind in reasons
        and all(
            is_not_offered(attempt.outcome, attempt.shortfalls, optional=kind in optional)
            for attempt in attempts
        )
    )
