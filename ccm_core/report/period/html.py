"""The period report for people: one HTML file that needs nothing from anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.report.formats.html import page
from ccm_core.report.period import layout

if TYPE_CHECKING:
    from ccm_core.report.period.layout import PeriodInput

FOLD = 8
"""Lines of each list that stand unfolded."""


class PeriodHtml:
    """Each control with its conclusion, course, population, samples, exceptions and holes."""

    name = "html"
    extension = "html"

    def render(self, given: PeriodInput) -> bytes:
        """Fill the template. The same input gives the same bytes."""
        return page(
            "period.html",
            scripted=True,
            FEW=FOLD,
            assurance=given.assurance,
            controls=tuple(layout.controls(given)),
            gaps=layout.gaps,
            host_version=given.host_version,
            percent=layout.percent,
            sampling=given.sampling,
            titles=given.titles,
            verdict=layout.verdict(given.assurance),
        )
