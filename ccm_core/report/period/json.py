"""The period report for programs: what the period proves and the samples, as one JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.model import json_codec
from ccm_core.report.period.layout import verdict

if TYPE_CHECKING:
    from ccm_core.model.assurance import Assurance
    from ccm_core.model.sampling import Sampling
    from ccm_core.report.period.layout import PeriodInput


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodDocument:
    """What the file holds."""

    document: str = "ccm.period-report/v1"
    host_version: str
    verdict: str
    """In words, as every format says it."""
    titles: dict[str, str]
    """Of the rules that support the controls, by id."""
    assurance: Assurance
    """The same as ``ccm assurance --json`` prints."""
    sampling: Sampling


class PeriodJson:
    """Everything, for programs."""

    name = "json"
    extension = "json"

    def render(self, given: PeriodInput) -> bytes:
        """Give one JSON document with sorted keys, ended by a line feed."""
        rules = {rule for one in given.assurance.controls for rule in one.rules}
        document = PeriodDocument(
            host_version=given.host_version,
            verdict=verdict(given.assurance),
            titles={rule: title for rule, title in given.titles.items() if rule in rules},
            assurance=given.assurance,
            sampling=given.sampling,
        )
        return json_codec.encode(document) + b"\n"
