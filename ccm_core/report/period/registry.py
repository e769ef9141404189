"""Every format of a period report by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ccm_core.report.period.changes_csv import PeriodChangesCsv
from ccm_core.report.period.html import PeriodHtml
from ccm_core.report.period.json import PeriodJson
from ccm_core.report.period.markdown import PeriodMarkdown
from ccm_core.report.period.samples_csv import PeriodCsv

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccm_core.report.period.layout import PeriodFormat

PERIOD_FORMATS: Mapping[str, PeriodFormat] = MappingProxyType(
    {
        form.name: form
        for form in (PeriodChangesCsv(), PeriodCsv(), PeriodHtml(), PeriodJson(), PeriodMarkdown())
    }
)
"""As in ``ccm report --period PERIOD --format NAME``."""
