"""What the plugin adds to the report for people: coverage, response, services, access.

A section reads rows of views and nothing else. What a row leaves out is not known, and is shown so.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccm_core.sdk.report_figures import ReportSection

_TITLES = {
    "coverage": "On-call coverage",
    "response": "Response to incidents",
    "services": "Services and their readiness",
    "access": "Access review",
}
"""Each section is the module of its name; they are shown in this order."""


def sections() -> tuple[ReportSection, ...]:
    """Give every section of the plugin."""
    from ccm_core.sdk.report_figures import ReportSection

    modules = {name: import_module(f"{__name__}.{name}") for name in _TITLES}
    return tuple(
        ReportSection(
            name=f"pagerduty.{name}",
            title=title,
            views=modules[name].VIEWS,
            figures=modules[name].figures,
            rank=rank,
        )
        for rank, (name, title) in enumerate(_TITLES.items())
    )
