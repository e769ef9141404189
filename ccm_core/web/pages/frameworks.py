"""Frameworks: what is catalogued, mapped, tested and sufficient, requirement by requirement."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ccm_core.app.audit.framework_coverage import workspace_coverage
from ccm_core.report.terminal.frameworks import contradictions, four_numbers, level_words
from ccm_core.web.answers import Answer, HtmlPage

if TYPE_CHECKING:
    from ccm_core.web.visit import Visit


def frameworks(visit: Visit) -> Answer:
    """List the frameworks with their four numbers."""
    return HtmlPage(
        template="frameworks/list.html",
        values={
            "coverages": [(one, four_numbers(one)) for one in workspace_coverage(visit.workspace)]
        },
    )


def framework(visit: Visit) -> Answer:
    """Show a framework: each requirement with its checks, procedures and manual evidence.

    Raises:
        UsageError: There is no such framework.
    """
    (coverage,) = workspace_coverage(visit.workspace, [visit.parts["framework"]])
    groups = [
        (coverage.catalogue.groups.get(name, name), list(entries))
        for name, entries in groupby(coverage.requirements, key=lambda one: one.requirement.group)
    ]
    return HtmlPage(
        template="frameworks/one.html",
        values={
            "coverage": coverage,
            "numbers": four_numbers(coverage),
            "groups": groups,
            "contradictions": list(contradictions(coverage)),
            "level_words": level_words,
            "moment": visit.now,
        },
    )
