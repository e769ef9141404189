"""The newest runs of a connection, without what they read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from ccm_core.pipeline.field_report.document import (
    LookupCount,
    ReportedCollection,
    ReportedCredential,
    ReportedGap,
    ReportedRequest,
    ReportedRun,
    ReportedShortfall,
)
from ccm_core.pipeline.field_report.words import (
    field_paths,
    parameter_names,
    scope_names,
    word_or_none,
)

if TYPE_CHECKING:
    from ccm_core.model.evidence.collection import (
        Collection,
        CredentialInfo,
        Dangling,
        Request,
        Shortfall,
    )
    from ccm_core.model.evidence.manifest import Manifest
    from ccm_core.pipeline.field_report.known_nouns import KnownNouns
    from ccm_core.pipeline.field_report.renames import Renames

_MOST_REQUESTS = 20


def reported_run(manifest: Manifest, nouns: KnownNouns, renames: Renames) -> ReportedRun:
    """Return what a run did, without details in words, names and ids.

    Args:
        manifest: The run.
        nouns: What installed schemas name; nothing else is.
        renames: What stands for its moment.
    """
    return ReportedRun(
        started_at=renames.moment(manifest.started_at),
        seconds=_seconds(manifest.ended_at - manifest.started_at),
        host_version=manifest.host_version,
        outcome=manifest.outcome,
        clock_skew=manifest.clock_skew,
        clock_disagreement=manifest.clock_disagreement,
        credential=_credential(manifest.credential),
        visibility_gaps=tuple(
            ReportedGap(kind=gap.kind, reason=gap.reason, objects=gap.objects)
            for gap in manifest.visibility_gaps
            if gap.kind in nouns.kinds
        ),
        accepted_kinds=tuple(gap.kind for gap in manifest.accepted if gap.kind in nouns.kinds),
        shortfalls=_shortfalls(manifest.shortfalls),
        collections=tuple(
            _collection(collection, nouns)
            for collection in manifest.collections
            if collection.kind in nouns.kinds
        ),
    )


def _credential(credential: CredentialInfo | None) -> ReportedCredential | None:
    if credential is None:
        return None
    return ReportedCredential(
        kind=word_or_none(credential.kind),
        role=word_or_none(credential.role),
        scopes=scope_names(credential.scopes),
        visibility=credential.visibility,
    )


def _collection(collection: Collection, nouns: KnownNouns) -> ReportedCollection:
    window = collection.window
    return ReportedCollection(
        kind=collection.kind,
        version=collection.version,
        outcome=collection.outcome,
        seconds=_seconds(collection.ended_at - collection.started_at),
        window_seconds=None if window is None else _seconds(window.until - window.since),
        counts=collection.counts,
        shortfalls=_shortfalls(collection.shortfalls),
        unknown_fields=field_paths(collection.unknown_fields),
        requests=_requests(collection.requests, nouns),
        lookups=_lookups(collection.dangling, nouns),
    )


def _shortfalls(shortfalls: Sequence[Shortfall]) -> tuple[ReportedShortfall, ...]:
    return tuple(
        ReportedShortfall(
            reason=shortfall.reason, missing=shortfall.missing, subjects=len(shortfall.subjects)
        )
        for shortfall in shortfalls
    )


def _requests(requests: Sequence[Request], nouns: KnownNouns) -> tuple[ReportedRequest, ...]:
    """Return different requests: those of single objects differ by their ids alone."""
    reported = (
        ReportedRequest(
            endpoint=nouns.endpoint(request.endpoint),
            parameters=parameter_names(name for name, _ in request.parameters),
        )
        for request in requests
    )
    return tuple(dict.fromkeys(reported))[:_MOST_REQUESTS]


def _lookups(references: Sequence[Dangling], nouns: KnownNouns) -> tuple[LookupCount, ...]:
    counted = Counter(
        (reference.kind, reference.lookup_outcome)
        for reference in references
        if reference.kind in nouns.kinds
    )
    return tuple(
        LookupCount(kind=kind, outcome=outcome, references=number)
        for (kind, outcome), number in counted.items()
    )


def _seconds(duration: timedelta) -> float:
    return round(duration.total_seconds(), 3)
