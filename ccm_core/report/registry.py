"""Every report format by name. What a format needs is imported when it renders."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ccm_core.report.formats.csv import CsvReport
from ccm_core.report.formats.html import HtmlReport
from ccm_core.report.formats.json import JsonReport
from ccm_core.report.formats.junit import JunitReport
from ccm_core.report.formats.markdown import MarkdownReport
from ccm_core.report.formats.ocsf import OcsfReport
from ccm_core.report.formats.oscal.document import OscalReport
from ccm_core.report.formats.sarif import SarifReport
from ccm_core.report.formats.terminal_summary import TextReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccm_core.report.types import ReportFormat

FORMATS: Mapping[str, ReportFormat] = MappingProxyType(
    {
        report.name: report
        for report in (
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
