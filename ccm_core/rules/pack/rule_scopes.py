"""What each rule of some packs needs: its controls, and the kinds of evidence that it rests on."""

from __future__ import annotations

from collections.abc import Mapping

from ccm_core.model.evaluation.evaluation_inputs import RuleScope
from ccm_core.rules.pack.compiled import CompiledPacks, CompiledRule


def rule_scopes(packs: CompiledPacks) -> tuple[RuleScope, ...]:
    """Return every rule with its controls and the evidence that it needs, sorted by rule."""
    scopes = (
        RuleScope(
            rule=rule.rule.id,
            controls=tuple(
                sorted({f"{control.framework}:{control.id}" for control in rule.rule.controls})
            ),
            kinds=tuple(sorted(kinds_needed(packs, rule))),
            max_age=None if rule.max_age is None else rule.max_age.total_seconds(),
            severity=packs.choices.severities.get(rule.rule.id, rule.rule.severity).value,
        )
        for pack in packs.packs
        for group in pack.groups
        for rule in group.rules
    )
    return tuple(sorted(scopes, key=lambda scope: scope.rule))


def kinds_needed(packs: CompiledPacks, rule: CompiledRule) -> frozenset[str]:
    """Return the kinds that a rule's rows are derived from, and those that it looks up."""
    return kinds_of_rows(packs, rule) | frozenset(rule.lookup_kinds)


def kinds_of_rows(packs: CompiledPacks, rule: CompiledRule) -> frozenset[str]:
    """Return the kinds that a rule's rows are derived from, as far as it reads them.

    An optional one is among them where a field may be read that rests on it.
    """
    over, fields = rule.rule.over, rule.may_read
    optional = packs.optional.get(over, {})
    return frozenset(
        kind
        for kind in packs.inputs.get(over, ())
        if kind not in optional or fields is None or not fields.isdisjoint(optional[kind])
    )


def kinds_to_withhold(packs: CompiledPacks, rule: CompiledRule) -> Mapping[str, frozenset[str]]:
    """Return the optional kinds without which a rule still decides what does not rest on them.

    Each with the fields that are withheld where the kind does not suffice: those that the rule
    reads and that rest on it.
    """
    if rule.may_read is None:
        return {}
    fields = {
        kind: rule.may_read.intersection(names)
        for kind, names in packs.optional.get(rule.rule.over, {}).items()
    }
    return {kind: names for kind, names in fields.items() if names and names <= rule.may_lack}
