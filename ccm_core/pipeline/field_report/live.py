"""What a check found at the source, without its messages: they name objects and people."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from ccm_core.pipeline.field_report.document import (
    LimitSeen,
    LiveFindings,
    ReportedDiagnosis,
    WireTraffic,
)
from ccm_core.pipeline.field_report.words import endpoint_template, word_or_none

if TYPE_CHECKING:
    from ccm_core.pipeline.check import LiveCheck
    from ccm_core.sdk.traffic import Traffic
    from ccm_core.sdk.types import Diagnosis

_HIDDEN_SUBJECT = "other"


def live_findings(live: LiveCheck, kinds: AbstractSet[str]) -> LiveFindings:
    """Return what a check found, by cause.

    Args:
        live: The check of one connection.
        kinds: The installed kinds; no other is named.
    """
    return LiveFindings(
        usable=live.check.usable,
        failure=live.failure,
        seconds=round(live.seconds, 3),
        traffic=None if live.traffic is None else _traffic(live.traffic),
        diagnoses=tuple(_diagnosis(diagnosis, kinds) for diagnosis in live.check.diagnoses),
    )


def _diagnosis(diagnosis: Diagnosis, kinds: AbstractSet[str]) -> ReportedDiagnosis:
    return ReportedDiagnosis(
        subject=_subject(diagnosis.subject, kinds),
        ok=diagnosis.ok,
        cause=word_or_none(diagnosis.cause),
        refused_kinds=tuple(kind for kind in diagnosis.refused_kinds if kind in kinds),
    )


def _subject(subject: str, kinds: AbstractSet[str]) -> str:
    if subject in kinds:
        return subject
    if subject.startswith("/"):
        return endpoint_template(subject)
    return word_or_none(subject) or _HIDDEN_SUBJECT


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
