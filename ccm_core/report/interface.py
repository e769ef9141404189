"""What a report format is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.model.collection import KindCount
    from ccm_core.model.manifest import Manifest
    from ccm_core.model.result import Evaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInput:
    """Everything a report may show. The moment is the evaluation's, never the clock's."""

    evaluation: Evaluation
    manifests: Sequence[Manifest]
    """The newest manifest of each connection."""
    counts: Sequence[KindCount]
    host_version: str
    part: Sequence[str] = ()
    """Which part of the evaluation this is, as ``control soc2:CC7.4``; empty: all of it."""


class ReportFormat(Protocol):
    """One format."""

    name: str
    """As in ``ccm report --format``."""
    extension: str

    def render(self, given: ReportInput) -> bytes:
        """Give the report. The same input gives the same bytes."""
