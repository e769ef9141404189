"""Every report format by name. What a format needs is imported when it renders."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ccm_core.report.csv_report import CsvReport
from ccm_core.report.html import HtmlReport
from ccm_core.report.json_report import JsonReport
from ccm_core.report.junit import JunitReport
from ccm_core.report.markdown import MarkdownReport
from ccm_core.report.ocsf import OcsfReport
from ccm_core.report.oscal import OscalReport
from ccm_core.report.sarif import SarifReport
from ccm_core.report.text import TextReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccm_core.report.interface import ReportFormat

FORMATS: Mapping[str, ReportFormat] = MappingProxyType(
    {
        one.name: one
        for one in (
            CsvReport(),
            HtmlReport(),
            JsonReport(),
            JunitReport(),
            MarkdownReport(),
            OcsfReport(),
            OscalReport(),
            SarifReport(),
            TextReport(),
        )
    }
)
"""As in ``ccm report --format NAME``."""
