"""The period report for people: one self-contained HTML file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.report.content import phrases
from ccm_core.report.formats.html import page
from ccm_core.report.period import layout, people
from ccm_core.report.period.basis import basis_tables

if TYPE_CHECKING:
    from ccm_core.report.period.layout import PeriodInput

FOLD = 8
"""Lines of each list that are shown expanded."""


class PeriodHtml:
    """Each control with its conclusion, history, population, samples, exceptions and gaps."""

    name = "html"
    extension = "html"

    def render(self, inputs: PeriodInput) -> bytes:
        """Fill the template. The same input gives the same bytes."""
        return page(
            "period.html",
            scripted=True,
            FEW=FOLD,
            assurance=inputs.assurance,
            controls=tuple(layout.period_controls(inputs)),
            joined_gaps=layout.joined_gaps,
            host_version=inputs.host_version,
            percent=phrases.percent,
            basis=basis_tables(inputs.basis, inputs.host_version, inputs.assurance.scopes)
            if inputs.basis
            else None,
            scope_warnings=phrases.scope_warnings(inputs.assurance.scopes),
            sampling=inputs.sampling,
            sampling_note=layout.sampling_note(inputs.sampling),
            size_rows=tuple(layout.size_rows(inputs.sampling)),
            sampled={test.rule: test for test in inputs.sampling.tests},
            samples=tuple(layout.samples_by_test(inputs)),
            titles=inputs.titles,
            headline=layout.headline(inputs.assurance),
            monitoring_headline=layout.monitoring_headline(inputs.assurance),
            hidden=inputs.hidden,
            findings_note=layout.findings_note(inputs.assurance),
            responses=people.shown_responses(inputs.people),
            left_over=tuple(map(people.shown_response, inputs.people.left_over)),
            evidence=tuple(people.shown_evidence(inputs.people)),
            exception_key=people.exception_key,
            exception_id=people.exception_id,
            answered=people.answered,
        )
