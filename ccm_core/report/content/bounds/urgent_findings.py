"""The findings that a page draws: the most urgent, as many as fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content.bounds.page_bounds import drawn_bytes
from ccm_core.report.content.fair_shares import fair_lengths

if TYPE_CHECKING:
    from ccm_core.model.finding.work_item import WorkItem
    from ccm_core.report.content.finding_list import FindingList

MOST_URGENT = 50
"""Findings of one list of a page."""
URGENT_BYTES = 150_000
"""For the most urgent findings."""
_URGENT = 900
"""Bytes of one, without its texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentFindings:
    """The findings that a page draws."""

    company: tuple[WorkItem, ...]
    monitoring: tuple[WorkItem, ...]
    more_company: int
    more_monitoring: int

    @property
    def more(self) -> int:
        """Return how many it does not draw."""
        return self.more_company + self.more_monitoring


def urgent_findings(findings: FindingList) -> UrgentFindings:
    """Return the most urgent findings, as many as a page draws."""
    lists = (findings.company, findings.monitoring)
    company, monitoring = fair_lengths(lists, _bytes, URGENT_BYTES, MOST_URGENT)
    return UrgentFindings(
        company=findings.company[:company],
        monitoring=findings.monitoring[:monitoring],
        more_company=len(findings.company) - company,
        more_monitoring=len(findings.monitoring) - monitoring,
    )


def _bytes(item: WorkItem) -> int:
    finding = item.finding
    texts = (*item.owner.names, finding.reason, item.title)
    about = (finding.subject.title, finding.subject.url, item.next_step, item.next_step_url)
    return _URGENT + drawn_bytes(*texts, *about)
