"""Manifests: what a run requested, read, counted and missed, and with which rights."""

from __future__ import annotations

from datetime import datetime

from ccm_core.model.evidence.acceptance import AcceptedGap
from ccm_core.model.evidence.collection import (
    Collection,
    CredentialInfo,
    Outcome,
    Reason,
    Shortfall,
)
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginVersion:
    """One installed plugin as it was when the run was made."""

    name: str
    distribution: str
    version: str
    failure: str | None = None
    """Why it did not load, where it did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledKind:
    """One kind that a connection collects, and how often, by the settings of the run."""

    kind: str
    version: int
    shape: str
    """``snapshot`` or ``event``."""
    cadence: float
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisibilityGap:
    """What the credential cannot see of one kind."""

    kind: str
    reason: Reason
    """``denied``, ``not_available`` or ``hidden_references``."""
    objects: int | None = None
    """How many objects are missing; None where it may be any."""
    subjects: tuple[str, ...] = ()
    """The first of them, as ``kind:key``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What one run did. Written once, when the run ends."""

    run: str
    connection: str
    connector: str
    started_at: datetime
    ended_at: datetime
    clock_skew: float | None = None
    """Seconds by which our clock is ahead of the source's first ``Date`` header."""
    clock_disagreement: float | None = None
    """Seconds by which another one of the run differs most from it; None where that is little."""
    host_version: str
    plugins: tuple[PluginVersion, ...] = ()
    settings_digest: str
    """Of the connection's settings as validated; secrets are references there."""
    credential: CredentialInfo | None = None
    visibility_gaps: tuple[VisibilityGap, ...] = ()
    """What the credential cannot see, by the newest collection of each kind."""
    entered_at: datetime | None = None
    """When a person entered the credential, or consented; None where ccm does not keep it."""
    rotate_by: datetime | None = None
    """When it should be replaced, by what the connector says of its age."""
    accepted: tuple[AcceptedGap, ...] = ()
    """Kinds that the source did not offer to this run, which the settings accept."""
    outcome: Outcome
    """The worst of the collections that are not accepted; ``failed`` where the source could not be
    reached at all."""
    shortfalls: tuple[Shortfall, ...] = ()
    """Shortfalls of the run as a whole: refused, unreachable, interrupted."""
    collections: tuple[Collection, ...] = ()
    scheduled: tuple[ScheduledKind, ...] = ()
    """Every kind that the connection collects, due in this run or not."""
    not_due: tuple[str, ...] = ()
    """Kinds whose last collection is younger than their cadence."""
