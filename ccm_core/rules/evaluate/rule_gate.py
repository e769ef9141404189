"""What one rule of some packs may rely on for a connection."""

from __future__ import annotations

from datetime import datetime

from ccm_core.rules.evaluate.evidence_gate import EvidenceGate, evidence_gate
from ccm_core.rules.pack.compiled import CompiledPacks, CompiledRule
from ccm_core.rules.pack.rule_scopes import kinds_of_rows, kinds_to_withhold
from ccm_core.rules.types import Facts


def rule_gate(
    packs: CompiledPacks, rule: CompiledRule, facts: Facts, now: datetime
) -> EvidenceGate:
    """Decide it by the kinds that the rule needs, and those without which it still decides."""
    optional = kinds_to_withhold(packs, rule)
    return evidence_gate(rule, kinds_of_rows(packs, rule), facts, now, optional)
