"""How much of a control is automated, as the packs that support it state it together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ccm_core.model.evaluation.result import AutomationCoverage
from ccm_core.model.evaluation.rule import RulePack


@dataclass(frozen=True, slots=True, kw_only=True)
class Automation:
    """How much of one control rules judge, and what is left to people."""

    automated: AutomationCoverage
    manual_procedures: tuple[str, ...]


def automation(packs: Iterable[RulePack], framework: str, control_id: str) -> Automation:
    """Put together what packs state of a control.

    What one pack leaves to people is left to them. Only where every pack that supports the control
    states that nothing is, nothing is.

    Args:
        packs: Any packs; those with no rule for the control do not count.
        framework: The control's framework.
        control_id: The control's id in it.
    """
    name = (framework, control_id)
    stated = [_stated(one, name) for one in packs if _supports(one, name)]
    procedures = dict.fromkeys(text for one in stated for text in one or ())
    if procedures:
        return Automation(automated=AutomationCoverage.PARTIAL, manual_procedures=tuple(procedures))
    silent = not stated or None in stated
    return Automation(
        automated=AutomationCoverage.NOT_STATED if silent else AutomationCoverage.FULL,
        manual_procedures=(),
    )


def _supports(pack: RulePack, name: tuple[str, str]) -> bool:
    return any((each.framework, each.id) == name for rule in pack.rules for each in rule.controls)


def _stated(pack: RulePack, name: tuple[str, str]) -> tuple[str, ...] | None:
    return next(
        (one.procedures for one in pack.manual_procedures if (one.framework, one.id) == name), None
    )
