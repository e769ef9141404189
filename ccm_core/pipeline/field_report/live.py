"""What a check found at the source, without its messages: they name objects and people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.pipeline.field_report.document import (
    LimitSeen,
    LiveFindings,
    ReportedDiagnosis,
    WireTraffic,
)
from ccm_core.pipeline.field_report.words import word_or_none

if TYPE_CHECKING:
    from ccm_core.pipeline.check import LiveCheck
    from ccm_core.pipeline.field_report.known_nouns import KnownNouns
    from ccm_core.sdk.traffic import Traffic
    from ccm_core.sdk.types import Diagnosis


def live_findings(live: LiveCheck, nouns: KnownNouns) -> LiveFindings:
    """Return what a check found, by cause.

    Args:
        live: The check of one connection.
        nouns: What installed schemas name; nothing else is.
    """
    return LiveFindings(
        usable=live.check.usable,
        failure=live.failure,
        seconds=round(live.seconds, 3),
        traffic=None if live.traffic is None else _traffic(live.traffic),
        diagnoses=tuple(_diagnosis(diagnosis, nouns) for diagnosis in live.check.diagnoses),
    )


def _diagnosis(diagnosis: Diagnosis, nouns: KnownNouns) -> ReportedDiagnosis:
    return ReportedDiagnosis(
        subject=nouns.subject(diagnosis.subject),
        ok=diagnosis.ok,
        cause=word_or_none(diagnosis.cause),
        refused_kinds=tuple(kind for kind in diagnosis.refused_kinds if kind in nouns.kinds),
    )


def _traffic(traffic: Traffic) -> WireTraffic:
    return WireTraffic(
        requests=traffic.requests,
        retries=traffic.retries,
        refused=traffic.refused,
        waited=round(traffic.waited, 3),
        slowest=round(traffic.slowest, 3),
        statuses={str(status): number for status, number in sorted(traffic.statuses.items())},
        limits=tuple(
            LimitSeen(header=header, smallest=smallest, largest=largest)
            for header, (smallest, largest) in sorted(traffic.limits.items())
        ),
    )
