"""Report sections of the plugin: coverage, response, services, access.

A section reads rows of views and nothing else. It shows a missing field as unknown.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccm_core.sdk.report_figures import ReportSection

_TITLES = {
    "coverage": "On-call coverage",
    "response": "Incident response times",
    "load": "Load and drills",
    "services": "Service readiness",
    "access": "User access review",
}
"""Each section is the module of its name; they are shown in this order."""


def sections() -> tuple[ReportSection, ...]:
    """Return every section of the plugin."""
    from ccm_core.sdk.report_figures import ReportSection

    modules = {name: import_module(f"{__name__}.{name}") for name in _TITLES}
    return tuple(
        ReportSection(
            name=f"pagerduty.{name}",
            title=title,
            views=modules[name].VIEWS,
            figures=modules[name].figures,
            fields=getattr(modules[name], "FIELDS", {}),
            conditions=getattr(modules[name], "CONDITIONS", {}),
            rank=rank,
        )
        for rank, (name, title) in enumerate(_TITLES.items())
    )
