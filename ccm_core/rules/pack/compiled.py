"""Compiled packs: what the compiler returns and the evaluator uses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Any

from ccm_core.errors import Mistake
from ccm_core.model.evaluation.framework_scope import FrameworkScope
from ccm_core.model.evaluation.result import AppliedPack, Status
from ccm_core.model.evaluation.rule import Rule, RulePack
from ccm_core.model.evaluation.rule_choices import RuleChoices, SwitchedOff
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict, frozen
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.compiler import CelEnvironment
from ccm_core.rules.cel.expression import Expression
from ccm_core.rules.pack.conditional_parameters import ParameterOverrides, describe_override
from ccm_core.rules.pack.deferred import Deferred
from ccm_core.rules.pack.due_moments import DueMoments
from ccm_core.rules.pack.fields_read import fields_mentioned, parameters_read
from ccm_core.rules.pack.message_template import MessageTemplate
from ccm_core.rules.pack.parameters import looser_than

NOT_APPLICABLE, NOT_DUE, PASSES, FAILS = range(4)
"""The values of the combined conditions of a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowEvaluation:
    """The status that a rule gives a row, and why."""

    status: Status
    reason: str
    due_at: datetime | None = None
    cause: tuple[str, ...] = ()
    """For what fails: the keys that name its cause; empty: the rule alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleConditions:
    """The conditions and the message of a rule, compiled."""

    combined: Expression | None
    """All conditions in one expression that yields :data:`NOT_APPLICABLE` and so on: one
    evaluation instead of three. None where CEL cannot compile them together."""
    match: Expression | None
    assertion: Expression
    not_due: Expression | None
    falls_due: DueMoments | None
    """When a row that is not due may fall due; None where that cannot be derived."""
    due_moments: DueMoments | None
    """When its result on an unchanged row may change; None: it is looked at each time."""
    message: MessageTemplate
    cause: Expression | None
    """A list of the keys that name the cause of a failure; None: the rule alone."""
    lets: Mapping[str, Expression]
    """What the names under ``let`` stand for."""
    lookup_kinds: tuple[str, ...]
    """The kinds it looks records up in, sorted."""
    fields_read: frozenset[str] | None
    """The fields of a row that it reads; None: any of them."""

    @property
    def parameters(self) -> frozenset[str]:
        """Return the names of the parameters that it reads."""
        conditions = (
            *(self.match, self.assertion, self.not_due, self.cause),
            *self.lets.values(),
        )
        return parameters_read(
            expression for expression in (*conditions, *self.message.expressions) if expression
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule whose conditions are compiled when a row is first evaluated by them."""

    rule: Rule
    max_age: timedelta | None
    period: timedelta | None = None
    """How much of the past it needs."""
    ahead: timedelta | None = None
    """How much of the future it needs."""
    parameters: frozenset[str]
    """The names of all parameters on which its results may depend: those that it mentions, those
    over the same rows, and those that these mention."""
    looks_up: bool
    """Whether it may look records up."""
    may_read: frozenset[str] | None = None
    """The names among which are those of all fields of a row that it reads; None: any of them. It
    is known without compiling the rule."""
    may_lack: frozenset[str] = frozenset()
    """The fields of a row without which what it decides is the same for every value of them: it
    tests none of them for presence, and no parameter and no cause rests on them."""
    passed: RowEvaluation
    """Its result on every row that passes."""
    not_applicable: RowEvaluation
    """Its result on every row outside ``match``."""
    compiled: Deferred[RuleConditions]

    @property
    def conditions(self) -> RuleConditions:
        """Return its conditions.

        Raises:
            DocumentError: They have mistakes: the pack was not checked before.
        """
        return self.compiled.part

    @property
    def lookup_kinds(self) -> tuple[str, ...]:
        """Return the kinds it looks records up in, sorted."""
        return self.conditions.lookup_kinds if self.looks_up else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowConditions:
    """What the rules of a group share."""

    environment: CelEnvironment
    conditions: Mapping[str, Expression] = field(default_factory=FrozenDict)
    """The condition parameters over the same rows, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleGroup:
    """The rules of one pack over one kind or view: they share the cost of a row."""

    over: str
    rules: tuple[CompiledRule, ...]
    condition_names: frozenset[str]
    """Of the condition parameters over the same rows."""
    compiled: Deferred[RowConditions]

    @property
    def environment(self) -> CelEnvironment:
        """Return CEL over these rows."""
        return self.compiled.part.environment

    @property
    def conditions(self) -> Mapping[str, Expression]:
        """Return the condition parameters over the same rows, by name."""
        return self.compiled.part.conditions

    def with_conditions(self, conditions: Mapping[str, Expression]) -> RuleGroup:
        """Return the group with other condition parameters beside or instead of its own."""
        if not conditions:
            return self
        part = RowConditions(
            environment=self.environment, conditions=FrozenDict({**self.conditions, **conditions})
        )
        names = self.condition_names | conditions.keys()
        return replace(self, compiled=Deferred.of(part), condition_names=names)

    def reading(self, texts: Iterable[str]) -> RuleGroup:
        """Return the group with rules that may read what some texts read besides."""
        names = fields_mentioned(texts)
        rules = (
            replace(
                rule,
                may_read=_united(rule.may_read, names),
                may_lack=frozenset() if names is None else rule.may_lack - names,
            )
            for rule in self.rules
        )
        return replace(self, rules=tuple(rules))

    def mistakes(self) -> Iterator[Mistake]:
        """Yield every mistake in the conditions, all of which are compiled for it."""
        yield from self.compiled.compilation.mistakes
        for rule in self.rules:
            yield from rule.compiled.compilation.mistakes


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPack:
    """A pack with the values of its parameters."""

    pack: RulePack
    groups: tuple[RuleGroup, ...]
    """Sorted by what they are over."""
    effective: JsonObject
    """The parameters as written, by name."""
    values: Mapping[str, Any]
    """The plain parameters as conditions see them, by name."""
    other_conditions: tuple[Deferred[RowConditions], ...] = ()
    """The condition parameters over rows that no rule is over."""
    overrides: Mapping[str, ParameterOverrides] = field(default_factory=FrozenDict)
    """Of those whose value depends on the row, by name; ``values`` has the default."""

    def mistakes(self) -> Iterator[Mistake]:
        """Yield every mistake in its conditions, all of which are compiled for it."""
        for group in self.groups:
            yield from group.mistakes()
        for conditions in self.other_conditions:
            yield from conditions.compilation.mistakes

    @property
    def changed(self) -> frozenset[str]:
        """Return the names of the parameters whose value is not the pack's own."""
        return frozenset(
            parameter.name
            for parameter in self.pack.parameters
            if self.effective.get(parameter.name) != frozen(parameter.default)
        )

    @property
    def applied(self) -> AppliedPack:
        """Return what an evaluation states of the pack."""
        return AppliedPack(
            name=self.pack.name,
            version=self.pack.version,
            digest=self.pack.digest,
            source=self.pack.source,
            purpose=self.pack.purpose,
            parameters=self.effective,
        )

    def control_problems(
        self, rule: Rule, since: datetime | None = None
    ) -> tuple[tuple[str, str, str], ...]:
        """Return framework, id and message for each parameter that is looser than a control allows.

        Args:
            rule: The rule.
            since: When the evaluated period begins: values that ended before are ignored.
        """
        types = {parameter.name: parameter.type for parameter in self.pack.parameters}
        problems = (
            (control, name, looser_than(types[name], value, bounds, raw))
            for control in rule.controls
            for name, bounds in sorted(control.requires.items())
            for value, raw in self._in_force(name, since)
        )
        return tuple(
            (control.framework, control.id, f"{rule.id}: parameter {name} {problem}")
            for control, name, problem in problems
            if problem
        )

    def _in_force(self, name: str, since: datetime | None) -> Iterator[tuple[Any, Any]]:
        """Yield each value that may apply, and how it is written."""
        raw = self.effective[name]
        if name not in self.overrides:
            yield self.values.get(name, raw), raw
            return
        for override in self.overrides[name].in_force(since):
            yield override.value, describe_override(override, raw)

    def with_only(self, rule: CompiledRule) -> CompiledPack:
        """Return the pack as if it had one rule."""
        over = rule.rule.over
        groups = (replace(group, rules=(rule,)) for group in self.groups if group.over == over)
        return replace(self, pack=replace(self.pack, rules=(rule.rule,)), groups=tuple(groups))

    def with_values(
        self,
        effective: JsonObject,
        values: Mapping[str, Any],
        conditions: Mapping[str, Mapping[str, Expression]],
        overrides: Mapping[str, ParameterOverrides],
    ) -> CompiledPack:
        """Return the pack with other parameters; conditions by what they are over, then by name."""
        unchanged = {
            name: override for name, override in self.overrides.items() if name not in values
        }
        groups = tuple(
            group.with_conditions(conditions.get(group.over, {})).reading(
                map(str, effective.values())
            )
            for group in self.groups
        )
        return replace(
            self,
            groups=groups,
            effective=frozen({**self.effective, **effective}),
            values=frozen({**self.values, **values}),
            overrides=FrozenDict({**unchanged, **overrides}),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPacks:
    """Every pack of an evaluation. No evaluation changes them, so that many can share them."""

    packs: tuple[CompiledPack, ...]
    """Sorted by name."""
    inputs: Mapping[str, tuple[str, ...]]
    """The evidence kinds that each known kind or view reads."""
    optional: Mapping[str, Mapping[str, Collection[str]]] = field(default_factory=FrozenDict)
    """By view: those of its inputs that are optional, each with the fields that rest on it."""
    choices: RuleChoices = field(default_factory=RuleChoices)
    """What the settings choose of them and was not chosen yet: :mod:`ccm_core.rules.choices`."""
    switched_off: tuple[SwitchedOff, ...] = ()
    """The rules that are not in the packs any more, since the settings switch them off; sorted."""
    scopes: tuple[FrameworkScope, ...] = ()
    """What frameworks concern, where that is not everything; sorted by framework."""
    severities: tuple[str, ...] = ()
    """The severities that the settings changed, in words."""


def _united(names: frozenset[str] | None, others: frozenset[str] | None) -> frozenset[str] | None:
    return None if names is None or others is None else names | others
