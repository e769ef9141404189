"""What a report format reads, and the interface of a format."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Protocol

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.model.evaluation.result import Evaluation, KindSufficiency, TrendPoint
    from ccm_core.model.evaluation.waiver import Waiver
    from ccm_core.model.evidence.collection import CurrentCount
    from ccm_core.model.evidence.manifest import Manifest
    from ccm_core.model.finding.work_item import WorkItem
    from ccm_core.model.framework import Catalogues
    from ccm_core.sdk.report_figures import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section that a plugin adds, for one connection."""

    name: str
    title: str
    connection: str
    rank: int = 0
    figures: tuple[Figure, ...] = ()
    problems: tuple[KindSufficiency, ...] = ()
    """Evidence behind it that is not sufficient, or not for all of it."""
    failure: str | None = None
    """Why it could not be drawn, where it could not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFindings:
    """The findings of what is reported, as people work on them: what `ccm findings list` lists."""

    items: Mapping[str, WorkItem] = field(default_factory=dict)
    """Those that are not closed, by id, the most urgent first."""
    moment: datetime | None = None
    """Of which they are shown; None: they are not known."""
    unknown: str = ""
    """Why they are not known; empty: nobody asked for them."""
    shares: AbstractSet[str] = frozenset()
    """The rules that are judged by share: a single failure of these counts in its finding."""
    scope: Sequence[str] = ()
    """Which part of all findings they are, as options of `ccm findings list` word it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInput:
    """Everything a report may show. The moment is the evaluation's, never the clock's."""

    evaluation: Evaluation
    manifests: Sequence[Manifest]
    """The newest manifest of each connection."""
    counts: Sequence[CurrentCount]
    host_version: str
    sections: Sequence[Section] = ()
    """What plugins add, for formats that have :attr:`ReportFormat.figures`."""
    trend: Sequence[TrendPoint] = ()
    """The checks by status, day by day up to this evaluation; for the same formats."""
    waivers: Sequence[Waiver] = ()
    """Those in effect; for the same formats."""
    findings: ReportFindings = field(default_factory=ReportFindings)
    digest: str | None = None
    """Of the whole evaluation, as it is stored; for the same formats."""
    scope: Sequence[str] = ()
    """Which part of the evaluation this is, as ``control soc2:CC7.4``; empty: all of it."""
    frameworks: Sequence[str] = ()
    """Those that the settings show, in this order; empty: all, by name."""
    catalogues: Catalogues = field(default_factory=FrozenDict)
    """Of the frameworks of its controls; for formats that have :attr:`ReportFormat.catalogues`."""


class ReportFormat(Protocol):
    """One format, written piece by piece: an export may be larger than the memory."""

    name: str
    """As in ``ccm report --format``."""
    extension: str
    figures: bool
    """Whether it shows what plugins add; gathering that takes time."""
    complete: bool
    """Whether it holds every result; else what is wrong, and counts of the rest."""
    catalogues: bool = False
    """Whether it names controls as their catalogues do; reading those takes time."""

    def chunks(self, inputs: ReportInput) -> Iterator[bytes]:
        """Yield the report, whole characters at a time. The same input gives the same bytes."""
        ...

    def render(self, inputs: ReportInput) -> bytes:
        """Return the report at once, for one that is known to be small."""
        return b"".join(self.chunks(inputs))
