"""Packs that are ready to judge: what compiling gives and evaluating uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.rule import Rule, RulePack
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.ast import reads
from ccm_core.rules.cel.lookup_function import LookupTable
from ccm_core.rules.cel.runtime import Expression, CelEnvironment
from ccm_core.rules.incremental.due_time import DueCondition
from ccm_core.rules.incremental.result_cache import RuleDependencies
from ccm_core.rules.pack.message_template import MessageTemplate
from ccm_core.rules.pack.parameter_overrides import ParameterOverrides, describe_override
from ccm_core.rules.pack.parameters import looser_than

OUTSIDE, NOT_DUE, HOLDS, FAILS = range(4)
"""What the conditions of a rule come to, taken together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a rule says of a row, and why."""

    status: Status
    reason: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule whose conditions are compiled."""

    rule: Rule
    at_once: Expression | None
    """All conditions in one expression that yields :data:`OUTSIDE` and so on: one evaluation
    where three would be needed. None where CEL cannot take them together."""
    match: Expression | None
    assertion: Expression
    not_due: Expression | None
    due: DueCondition | None
    """How to tell when what is not due falls due, where that can be told."""
    message: MessageTemplate
    lets: Mapping[str, Expression]
    """What the names under ``let`` stand for."""
    looked_up: tuple[str, ...]
    """The kinds it looks records up in, sorted."""
    max_age: timedelta | None
    senses: RuleDependencies = field(default_factory=RuleDependencies)
    """What its verdict on a row can depend on."""
    holds: Verdict
    """What it says of a row for which it holds."""
    outside: Verdict
    """What it says of a row that it is not about."""

    @property
    def parameters(self) -> frozenset[str]:
        """Name the parameters that it reads."""
        own = (self.match, self.assertion, self.not_due, *self.lets.values())
        return frozenset(
            read.path[1]
            for expression in (*own, *self.message.expressions)
            if expression
            for read in reads(expression.tree, expression.scope)
            if read.path[0] == "params"
        )

    @property
    def aged(self) -> bool:
        """Whether when a row falls due is told from an age and the moment."""
        return self.due is not None and not self.due.from_moments


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleGroup:
    """The rules of one pack over one kind or view: they share what a row costs."""

    over: str
    language: CelEnvironment
    rules: tuple[CompiledRule, ...]
    conditions: Mapping[str, Expression] = field(default_factory=dict)
    """The condition parameters over the same rows, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPack:
    """A pack with the values of its parameters."""

    pack: RulePack
    groups: tuple[RuleGroup, ...]
    """Sorted by what they are over."""
    effective: JsonObject
    """The parameters as they were written, by name."""
    values: Mapping[str, Any]
    """The plain parameters as conditions see them, by name."""
    varying: Mapping[str, ParameterOverrides] = field(default_factory=dict)
    """Those whose value depends on the row; in ``values`` stands what holds otherwise."""

    def control_problems(
        self, rule: Rule, since: datetime | None = None
    ) -> tuple[tuple[str, str, str], ...]:
        """Give framework, id and text of each parameter that is looser than a control allows.

        Args:
            rule: The rule.
            since: From when on rows are judged: values that ended before count no more.
        """
        types = {one.name: one.type for one in self.pack.parameters}
        found = (
            (control, name, looser_than(types[name], value, bounds, written))
            for control in rule.controls
            for name, bounds in sorted(control.requires.items())
            for value, written in self._in_force(name, since)
        )
        return tuple(
            (control.framework, control.id, f"{rule.id}: parameter {name} {how}")
            for control, name, how in found
            if how
        )

    def _in_force(self, name: str, since: datetime | None) -> Iterator[tuple[Any, Any]]:
        """Give each value that may count, and how it is written."""
        written = self.effective[name]
        if name not in self.varying:
            yield self.values.get(name, written), written
            return
        for change in self.varying[name].in_force(since):
            yield change.value, describe_override(change, written)

    def only(self, one: CompiledRule) -> CompiledPack:
        """Give the pack as if it had one rule."""
        groups = (replace(each, rules=(one,)) for each in self.groups if each.over == one.rule.over)
        return replace(self, pack=replace(self.pack, rules=(one.rule,)), groups=tuple(groups))

    def with_values(
        self,
        effective: JsonObject,
        values: Mapping[str, Any],
        conditions: Mapping[str, Mapping[str, Expression]],
        varying: Mapping[str, ParameterOverrides],
    ) -> CompiledPack:
        """Give the pack with other parameters; conditions by what they are over, then by name."""
        kept = {name: one for name, one in self.varying.items() if name not in values}
        groups = tuple(
            replace(group, conditions={**group.conditions, **conditions.get(group.over, {})})
            for group in self.groups
        )
        return replace(
            self,
            groups=groups,
            effective={**self.effective, **effective},
            values={**self.values, **values},
            varying={**kept, **varying},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPacks:
    """Every pack of one evaluation. Not to be used by two evaluations at the same time."""

    packs: tuple[CompiledPack, ...]
    """Sorted by name."""
    lookups: LookupTable
    """What the conditions' ``lookup`` answers from; the evaluator fills it."""
    inputs: Mapping[str, tuple[str, ...]]
    """The evidence kinds that each known kind or view rests on."""
