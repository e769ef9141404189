"""What a risk acceptance covers of the findings that are open now. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet

from ccm_core.model.evaluation.result import POPULATION, Status
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.finding.finding import Finding
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceCover:
    """What an acceptance covers now."""

    whole: tuple[Finding, ...] = ()
    """Findings of which it covers every failing check: accepted, once it is approved."""
    part: tuple[Finding, ...] = ()
    """Findings of which other checks fail as well: they stay open."""
    failing: int = 0
    """All findings that are open."""

    @property
    def is_everything(self) -> bool:
        """Whether it covers all that fails, and more than one finding does."""
        return self.failing > 1 and len(self.whole) + len(self.part) == self.failing


def acceptance_cover(
    waiver: Waiver,
    findings: Iterable[Finding],
    selects: Callable[[str], bool],
    controls: Mapping[str, AbstractSet[str]],
) -> AcceptanceCover:
    """Return what an acceptance covers of findings.

    Args:
        waiver: The acceptance.
        findings: Those that are open.
        selects: Whether its subjects select a key.
        controls: The controls that each rule supports, as ``framework:id``.
    """
    whole: list[Finding] = []
    part: list[Finding] = []
    failing = 0
    for finding in findings:
        failing += 1
        if not _selects(waiver, finding, selects):
            continue
        checks = {check.rule for check in finding.checks if check.status is Status.FAIL}
        covered = {rule for rule in checks if _covers_rule(waiver, rule, controls)}
        if covered:
            (whole if covered == checks else part).append(finding)
    return AcceptanceCover(whole=tuple(whole), part=tuple(part), failing=failing)


def _selects(waiver: Waiver, finding: Finding, selects: Callable[[str], bool]) -> bool:
    if waiver.connections and finding.connection not in waiver.connections:
        return False
    if waiver.findings:
        return finding.id in waiver.findings
    if not waiver.subjects:
        return True
    return finding.subject.kind != POPULATION and selects(finding.subject.key)


def _covers_rule(waiver: Waiver, rule: str, controls: Mapping[str, AbstractSet[str]]) -> bool:
    if rule not in waiver.rules:
        return False
    return not waiver.controls or bool(controls.get(rule, frozenset()) & set(waiver.controls))
