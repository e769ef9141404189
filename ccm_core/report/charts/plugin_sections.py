"""Lay out the sections that plugins add to the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.report.charts.histogram import DrawnDistribution, draw_distribution
from ccm_core.report.charts.timeline import DrawnTimeline, draw_timeline
from ccm_core.sdk.report_figures import Distribution, Table, Timeline

if TYPE_CHECKING:
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
    """Whether another connection has the same section: then each names its connection."""
    figures: tuple[DrawnFigure, ...]


def draw_sections(inputs: ReportInput) -> tuple[DrawnSection, ...]:
    """Lay every section out, by rank, name and connection."""
    ordered = sorted(
        inputs.sections, key=lambda section: (section.rank, section.name, section.connection)
    )
    names = [section.name for section in ordered]
    return tuple(
        DrawnSection(
            section=section,
            first=names.index(section.name) == index,
            several=names.count(section.name) > 1,
            figures=tuple(
                _figure(figure, inputs.evaluation.evaluated_at) for figure in section.figures
            ),
        )
        for index, section in enumerate(ordered)
    )


def _figure(figure: Figure, now: datetime) -> DrawnFigure:
    match figure:
        case Timeline():
            return DrawnFigure(title=figure.title, timeline=draw_timeline(figure, now))
        case Distribution():
            return DrawnFigure(title=figure.title, distribution=draw_distribution(figure))
        case Table():
            return DrawnFigure(title=figure.title, table=figure)
