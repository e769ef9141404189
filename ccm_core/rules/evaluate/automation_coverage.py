"""Combines what packs state about how much of a control is automated."""

from __future__ import annotations

from collections.abc import Iterable

from ccm_core.model.evaluation.result import AutomationCoverage
from ccm_core.model.evaluation.rule import RulePack
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Automation:
    """How much of one control is automated, and which procedures people have to perform."""

    automated: AutomationCoverage
    manual_procedures: tuple[str, ...]


def automation(packs: Iterable[RulePack], framework: str, control_id: str) -> Automation:
    """Combine what packs state about a control.

    A manual procedure that one pack states is required. Only where every pack that supports the
    control states that there is none, the control is fully automated.

    Args:
        packs: Any packs; those with no rule for the control do not count.
        framework: The control's framework.
        control_id: The control's id in it.
    """
    name = (framework, control_id)
    stated = [_procedures(pack, name) for pack in packs if _supports(pack, name)]
    procedures = dict.fromkeys(text for texts in stated for text in texts or ())
    if procedures:
        return Automation(automated=AutomationCoverage.PARTIAL, manual_procedures=tuple(procedures))
    silent = not stated or None in stated
    return Automation(
        automated=AutomationCoverage.NOT_STATED if silent else AutomationCoverage.FULL,
        manual_procedures=(),
    )


def _supports(pack: RulePack, name: tuple[str, str]) -> bool:
    return any(
        (control.framework, control.id) == name for rule in pack.rules for control in rule.controls
    )


def _procedures(pack: RulePack, name: tuple[str, str]) -> tuple[str, ...] | None:
    return next(
        (
            control.procedures
            for control in pack.manual_procedures
            if (control.framework, control.id) == name
        ),
        None,
    )
