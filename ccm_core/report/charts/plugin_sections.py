"""Sections that plugins add, laid out for the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.report.charts.histogram import DrawnDistribution, distribution
from ccm_core.report.charts.timeline import DrawnTimeline, timeline
from ccm_core.sdk.report_figures import Distribution, Table, Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ccm_core.report.types import ReportInput, Section
    from ccm_core.sdk.report_figures import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFigure:
    """One figure, under the name of its kind; the others are None."""

    title: str
    timeline: DrawnTimeline | None = None
    distribution: DrawnDistribution | None = None
    table: Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnSection:
    """One section of one connection."""

    section: Section
    first: bool
    """Whether it is the first of its name: the one that is linked."""
    several: bool
    """Whether another connection has the same section: then each says whose it is."""
    figures: tuple[DrawnFigure, ...]


def drawn(given: ReportInput) -> tuple[DrawnSection, ...]:
    """Lay every section out, by rank, name and connection."""
    ordered = sorted(given.sections, key=lambda one: (one.rank, one.name, one.connection))
    names = [one.name for one in ordered]
    return tuple(
        DrawnSection(
            section=one,
            first=names.index(one.name) == place,
            several=names.count(one.name) > 1,
            figures=tuple(_figures(one, given.evaluation.evaluated_at)),
        )
        for place, one in enumerate(ordered)
    )


def _figures(section: Section, now: datetime) -> Iterator[DrawnFigure]:
    for one in section.figures:
        yield _figure(one, now)


def _figure(given: Figure, now: datetime) -> DrawnFigure:
    match given:
        case Timeline():
            return DrawnFigure(title=given.title, timeline=timeline(given, now))
        case Distribution():
            return DrawnFigure(title=given.title, distribution=distribution(given))
        case Table():
            return DrawnFigure(title=given.title, table=given)
