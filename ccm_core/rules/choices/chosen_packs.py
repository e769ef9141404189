"""Compiled packs with what the settings choose: rules switched off, other severities. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime

from ccm_core.model.evaluation.rule import Rule
from ccm_core.model.evaluation.rule_choices import DisabledRules, RuleChoices, SwitchedOff
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks, CompiledRule, RuleGroup


def chosen_packs(packs: CompiledPacks, now: datetime) -> CompiledPacks:
    """Return the packs with the rules and severities that the settings choose at a moment.

    What is switched off is in no pack any more, and stated in :attr:`CompiledPacks.switched_off`.
    To choose once more, at whatever moment, changes nothing.
    """
    choices = packs.choices
    if choices == RuleChoices():
        return packs
    off = {
        rule.id: _switched_off(pack, rule, entry)
        for pack in packs.packs
        for rule in pack.pack.rules
        if (entry := choices.switching_off(rule.id, now)) is not None
    }
    return replace(
        packs,
        packs=tuple(_pack(pack, choices, off.keys()) for pack in packs.packs),
        choices=RuleChoices(),
        scopes=choices.scopes,
        switched_off=tuple(off[name] for name in sorted(off)),
        severities=tuple(_changed_severities(packs, off.keys())),
    )


def _switched_off(pack: CompiledPack, rule: Rule, entry: DisabledRules) -> SwitchedOff:
    names = {f"{control.framework}:{control.id}" for control in rule.controls}
    return SwitchedOff(
        rule=rule.id,
        pack=pack.pack.name,
        title=rule.title,
        severity=rule.severity,
        controls=tuple(sorted(names)),
        reason=entry.reason,
        by=entry.by,
        until=str(entry.until or ""),
    )


def _pack(pack: CompiledPack, choices: RuleChoices, off: AbstractSet[str]) -> CompiledPack:
    groups = (_group(group, choices, off) for group in pack.groups)
    rules = (_rule(rule, choices) for rule in pack.pack.rules if rule.id not in off)
    return replace(
        pack,
        pack=replace(pack.pack, rules=tuple(rules)),
        groups=tuple(group for group in groups if group.rules),
    )


def _group(group: RuleGroup, choices: RuleChoices, off: AbstractSet[str]) -> RuleGroup:
    rules = (_compiled(rule, choices) for rule in group.rules if rule.rule.id not in off)
    return replace(group, rules=tuple(rules))


def _compiled(rule: CompiledRule, choices: RuleChoices) -> CompiledRule:
    return replace(rule, rule=_rule(rule.rule, choices))


def _rule(rule: Rule, choices: RuleChoices) -> Rule:
    severity = choices.severities.get(rule.id, rule.severity)
    return rule if severity is rule.severity else replace(rule, severity=severity)


def _changed_severities(packs: CompiledPacks, off: AbstractSet[str]) -> Iterator[str]:
    """Yield each severity that is not that of the pack, in words."""
    for pack in packs.packs:
        for rule in pack.pack.rules:
            severity = packs.choices.severities.get(rule.id, rule.severity)
            if severity is not rule.severity and rule.id not in off:
                yield (
                    f"{pack.pack.name}: the severity of {rule.id} is {severity.value}, of the "
                    f"pack: {rule.severity.value}"
                )
