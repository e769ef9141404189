"""The findings of a report: their numbers, and the most urgent with who, by when and what next."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.rule import PackPurpose
from ccm_core.model.finding.tally import tally
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content import phrases
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from datetime import datetime

    from ccm_core.model.finding.tally import FindingTally
    from ccm_core.model.finding.work_item import WorkItem
    from ccm_core.report.types import ReportInput


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingList:
    """The findings of a report."""

    moment: datetime | None
    """Of which they are shown; None: they are not known."""
    unknown: str
    """Why they are not known; empty: they are, or nobody asked for them."""
    tally: FindingTally
    """Of all of them."""
    company: tuple[WorkItem, ...]
    """Those of the company's controls, the most urgent first."""
    monitoring: tuple[WorkItem, ...]
    """Those of the health of monitoring alone."""
    command: str
    """Lists them in the terminal."""

    @property
    def words(self) -> str:
        """Return their numbers in one line, or why they are not known; empty: nobody asked."""
        if self.moment is not None:
            return self.tally.words
        return f"Findings are not known: {self.unknown}" if self.unknown else ""


def finding_list(inputs: ReportInput) -> FindingList:
    """Return the findings of a report."""
    packs = inputs.evaluation.packs
    names = {pack.name for pack in packs if pack.purpose is PackPurpose.MONITORING}
    rules = {rule.rule for rule in inputs.evaluation.rules if rule.pack in names}
    items = tuple(inputs.findings.items.values())
    return FindingList(
        moment=inputs.findings.moment,
        unknown=inputs.findings.unknown,
        tally=tally(items),
        company=tuple(item for item in items if not rules.issuperset(item.finding.rules)),
        monitoring=tuple(item for item in items if rules.issuperset(item.finding.rules)),
        command=findings_command(inputs, "list"),
    )


def findings_command(inputs: ReportInput, verb: str) -> str:
    """Return the command for the findings of a report, as of the same moment."""
    moment = inputs.findings.moment or inputs.evaluation.evaluated_at
    selections = (phrase.partition(" ") for phrase in inputs.scope)
    options = [f"--{noun} {shlex.quote(name)}" for noun, _, name in selections if noun != "status"]
    at = format_instant(moment)
    return " ".join(["ccm findings", verb, "--as-of", at, *dict.fromkeys(options)])


def state_words(item: WorkItem) -> str:
    """Return the state of a finding: ``acceptance asked``, ``accepted until 2026-03-01``."""
    if item.accepted_until is not None:
        return f"accepted until {item.accepted_until:%Y-%m-%d}"
    return item.state.value.replace("_", " ")


def due_words(item: WorkItem, moment: datetime) -> str:
    """Return by when a finding is to be resolved; empty: it is never due, or is accepted."""
    if item.due_at is None or item.accepted_until is not None:
        return ""
    if item.is_overdue:
        return f"overdue by {phrases.duration((moment - item.due_at).total_seconds())}"
    return f"due {item.due_at:%Y-%m-%d}"


def owner_words(item: WorkItem) -> str:
    """Return who has to act on a finding."""
    return ", ".join(item.owner.names) or "no owner"
