"""The sections that plugins add: who is on call, how incidents were answered, and others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result_scope import OUTLINED
from ccm_core.pipeline.report import report_input
from ccm_core.report.charts.plugin_sections import SectionLayout, lay_out_sections
from ccm_core.web.answers import Answer, HtmlPage, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.web.visit import Visit


def sections(visit: Visit) -> Answer:
    """List the sections, each with what it shows."""
    laid_out = _sections(visit)
    if laid_out is None:
        return HtmlPage(template="no_evaluation.html")
    return HtmlPage(template="sections/list.html", values={"sections": laid_out})


def section(visit: Visit) -> Answer:
    """Show one section of one connection.

    Raises:
        NotFound: There is no such section.
    """
    connection, name = visit.parts["connection"], visit.parts["section"]
    laid_out = _sections(visit)
    if laid_out is None:
        return HtmlPage(template="no_evaluation.html")
    for one in laid_out:
        if (one.section.connection, one.section.name) == (connection, name):
            return HtmlPage(
                template="sections/one.html", values={"entry": one, "sections": laid_out}
            )
    raise NotFound(f"the newest evaluation has no section {name!r} of {connection!r}")


def _sections(visit: Visit) -> Sequence[SectionLayout] | None:
    with visit.reading() as store:
        latest = store.evaluations.latest(scope=OUTLINED, compact=True)
        if latest is None:
            return None
        inputs = report_input(
            visit.workspace.host,
            store,
            latest.evaluation,
            digest=latest.digest,
            complete=False,
            findings=None,
        )
    return lay_out_sections(inputs)
