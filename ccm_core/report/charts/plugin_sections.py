"""Lay out the sections that plugins add to the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.report.charts.histogram import HistogramLayout, lay_out_histogram
from ccm_core.report.charts.timeline import TimelineLayout, lay_out_timeline
from ccm_core.sdk.report_figures import Distribution, Table, Timeline

if TYPE_CHECKING:
    from datetime import datetime

    from ccm_core.report.types import ReportInput, Section
    from ccm_core.sdk.report_figures import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureLayout:
    """One figure, under the name of its kind; the others are None."""

    title: str
    timeline: TimelineLayout | None = None
    distribution: HistogramLayout | None = None
    table: Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionLayout:
    """One section of one connection."""

    section: Section
    first: bool
    """Whether it is the first of its name: the one that is linked."""
    several: bool
    """Whether another connection has the same section: then each names its connection."""
    figures: tuple[FigureLayout, ...]


def lay_out_sections(inputs: ReportInput) -> tuple[SectionLayout, ...]:
    """Lay every section out, by rank, name and connection."""
    ordered = sorted(
        inputs.sections, key=lambda section: (section.rank, section.name, section.connection)
    )
    names = [section.name for section in ordered]
    return tuple(
        SectionLayout(
            section=section,
            first=names.index(section.name) == index,
            several=names.count(section.name) > 1,
            figures=tuple(
                _figure(figure, inputs.evaluation.evaluated_at) for figure in section.figures
            ),
        )
        for index, section in enumerate(ordered)
    )


def _figure(figure: Figure, now: datetime) -> FigureLayout:
    match figure:
        case Timeline():
            return FigureLayout(title=figure.title, timeline=lay_out_timeline(figure, now))
        case Distribution():
            return FigureLayout(title=figure.title, distribution=lay_out_histogram(figure))
        case Table():
            return FigureLayout(title=figure.title, table=figure)
