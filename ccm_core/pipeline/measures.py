"""The measures of the last evaluation, such as MTTA and MTTR, for people and for programs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result_scope import OUTLINED
from ccm_core.pipeline.report_sections import sections
from ccm_core.report.content.measures import MeasureStatistics, group_statistics
from ccm_core.sdk.report_figures import Distribution

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ccm_core.pipeline.context import Host
    from ccm_core.report.types import Section
    from ccm_core.store.interface.evidence_store import EvidenceStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """One measure of one connection, group by group. Times are in seconds."""

    connection: str
    section: str
    title: str
    about: str
    event: str
    """What ends the time that is measured."""
    by: str
    """What a group is: ``Month``."""
    limit: float | None
    """None: it differs between objects, or there is none."""
    evaluated_at: datetime
    groups: tuple[MeasureStatistics, ...]
    """A time that falls on what never happened is null for programs, as ``never`` tells."""
    problems: tuple[str, ...]
    """Evidence behind it that is not sufficient."""


def measures(
    host: Host, store: EvidenceStore, *, as_of: datetime | None = None
) -> tuple[Measures, ...] | None:
    """Return every measure of the latest evaluation by a moment; None: there is no evaluation."""
    latest = store.evaluations.latest(as_of=as_of, scope=OUTLINED, compact=True)
    if latest is None:
        return None
    inputs = store.evaluations.inputs(latest.digest)
    scopes = inputs.watch_scopes if inputs else ()
    drawn = sections(host, store, scopes, latest.evaluation, latest.digest)
    return tuple(_measures(drawn, latest.evaluation.evaluated_at))


def finite(statistics: MeasureStatistics) -> MeasureStatistics:
    """Return statistics that JSON can write: what is infinite is null."""
    return replace(
        statistics,
        median=_finite(statistics.median),
        p90=_finite(statistics.p90),
        p95=_finite(statistics.p95),
        slowest=_finite(statistics.slowest),
    )


def _finite(seconds: float | None) -> float | None:
    return None if seconds == math.inf else seconds


def _measures(drawn: Sequence[Section], at: datetime) -> Iterator[Measures]:
    for section in drawn:
        for figure in section.figures:
            if isinstance(figure, Distribution):
                yield Measures(
                    connection=section.connection,
                    section=section.name,
                    title=figure.title,
                    about=figure.about,
                    event=figure.event,
                    by=figure.by,
                    limit=figure.limit,
                    evaluated_at=at,
                    groups=tuple(group_statistics(figure)),
                    problems=tuple(
                        kind.problem or f"{kind.kind} has gaps" for kind in section.problems
                    ),
                )
