"""Compiles one pack: parameters, conditions and messages; reports every mistake in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ccm_core.documents import Document, Path, suggest
from ccm_core.errors import Mistake
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.rule import Parameter, Rule, RulePack
from ccm_core.model.frozen_json import FrozenDict, frozen
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.compiler import RESERVED, CelEnvironment
from ccm_core.rules.cel.expression import Expression, ExpressionError
from ccm_core.rules.pack.case_checks import case_mistakes
from ccm_core.rules.pack.compiled import (
    FAILS,
    NOT_APPLICABLE,
    NOT_DUE,
    PASSES,
    CompiledPack,
    CompiledRule,
    RowEvaluation,
    RuleGroup,
)
from ccm_core.rules.pack.conditional_parameters import (
    NEVER_VARY,
    ConditionalValue,
    ParameterOverrides,
    parameter_overrides,
    read_overrides,
    row_path,
)
from ccm_core.rules.pack.constant_conditions import (
    ASSERTION,
    DUE_LATER,
    MATCH,
    PARAMETER,
    ConditionRole,
)
from ccm_core.rules.pack.due_moments import DueMoments, due_moments
from ccm_core.rules.pack.expression_checks import (
    ExpressionChecker,
    ExpressionScope,
    MistakeFactory,
)
from ccm_core.rules.pack.fields_read import fields_read
from ccm_core.rules.pack.pack_checks import (
    age_mistakes,
    control_mistakes,
    duplicate_rule_ids,
    manual_procedure_mistakes,
    tolerance_mistakes,
)
from ccm_core.rules.pack.schema_fields import SchemaFields
from ccm_core.rules.types import RowSource
from ccm_core.sdk.timestamps import parse_duration

SettingMistake = Callable[[str, str, "tuple[int, int] | None"], Mistake]
"""Makes a mistake of a parameter's name, a message and a position inside what the user wrote."""


@dataclass(slots=True, kw_only=True)
class PackCompiler:
    """Compiles one pack and collects the mistakes in it."""

    document: Document
    pack: RulePack
    sources: Mapping[str, RowSource]
    settings: JsonObject
    """The parameters that the user set, by name."""
    setting_mistake: SettingMistake
    mistakes: list[Mistake] = field(default_factory=list)
    _scopes: dict[str, ExpressionScope] = field(default_factory=dict)
    _conditions: dict[str, dict[str, Expression]] = field(default_factory=dict)
    _environments: dict[tuple[str, ...], CelEnvironment] = field(default_factory=dict)
    """By the condition parameters that they have."""

    def compile(self) -> CompiledPack:
        """Compile everything that can be compiled."""
        parameters = self.pack.parameters
        values = {parameter.name: self._parameter(parameter) for parameter in parameters}
        self.mistakes.extend(duplicate_rule_ids(self.document, self.pack))
        self.mistakes.extend(manual_procedure_mistakes(self.document, self.pack))
        compiled = [self._rule(index, rule) for index, rule in enumerate(self.pack.rules)]
        rules = [rule for rule in compiled if rule]
        groups = tuple(
            RuleGroup(
                over=over,
                environment=self._scope(over).environment,
                rules=tuple(rule for rule in rules if rule.rule.over == over),
                conditions=FrozenDict(self._conditions.get(over, {})),
            )
            for over in sorted({rule.rule.over for rule in rules})
        )
        return CompiledPack(
            pack=self.pack,
            groups=groups,
            effective=frozen(
                {
                    parameter.name: self.settings.get(parameter.name, parameter.default)
                    for parameter in parameters
                }
            ),
            values=frozen(
                {name: versions[0].value for name, versions in values.items() if versions}
            ),
            overrides=FrozenDict(self._overrides(values)),
        )

    # -- parameters ---------------------------------------------------------------------------

    def _parameter(self, parameter: Parameter) -> tuple[ConditionalValue, ...]:
        """Return its value and the overrides of it; nothing for a condition and for a mistake."""
        path: Path = ("parameters", parameter.name)
        self._check_override_paths(parameter, path)
        values = self._read(parameter, parameter.default, self._mistake_at((*path, "default")))
        if parameter.type == "condition":
            self._condition_parameter(parameter, path)
        elif parameter.over is not None:
            message = f"a parameter of type {parameter.type} takes no `over`"
            self._report((*path, "over"), message)
        if parameter.name in self.settings:
            setting = self.settings[parameter.name]
            values = self._read(parameter, setting, self._mistake_in_setting(parameter.name))
        return () if parameter.type == "condition" else values

    def _read(
        self, parameter: Parameter, raw: Any, mistake: MistakeFactory
    ) -> tuple[ConditionalValue, ...]:
        try:
            return read_overrides(parameter, raw)
        except ValueError as cause:
            if parameter.type in _TYPES:
                self.mistakes.append(mistake(str(cause), (1, 1)))
            return ()

    def _check_override_paths(self, parameter: Parameter, path: Path) -> None:
        """Check the fields that decide which value of a parameter applies."""
        fields = (("varies_by", parameter.varies_by), ("dated_by", parameter.dated_by))
        for key, text in fields:
            if text is None:
                continue
            if parameter.type in NEVER_VARY:
                message = f"a parameter of type {parameter.type} is the same for all rows"
                self._report((*path, key), message)
            try:
                row_path(text)
            except ValueError as cause:
                self._report((*path, key), str(cause))

    def _overrides(
        self, values: Mapping[str, tuple[ConditionalValue, ...]]
    ) -> dict[str, ParameterOverrides]:
        if self.mistakes:
            return {}
        overrides = {
            parameter.name: parameter_overrides(parameter, values[parameter.name])
            for parameter in self.pack.parameters
        }
        return {name: override for name, override in overrides.items() if override}

    def _condition_parameter(self, parameter: Parameter, path: Path) -> None:
        if parameter.over is None:
            self._report(path, "a condition needs `over`: the kind or view whose rows it reads")
            return
        self._check_source(parameter.over, (*path, "over"))
        mistake = self._mistake_at((*path, "default"))
        condition = self._checked_condition(parameter, parameter.default, mistake)
        if parameter.name in self.settings:
            mistake = self._mistake_in_setting(parameter.name)
            condition = self._checked_condition(parameter, self.settings[parameter.name], mistake)
        if condition:
            self._conditions.setdefault(parameter.over, {})[parameter.name] = condition

    def _checked_condition(
        self, parameter: Parameter, text: Any, mistake: MistakeFactory
    ) -> Expression | None:
        if not isinstance(text, str):
            return None
        # A condition parameter can use no other condition parameter.
        scope = self._new_scope(parameter.over or "", [])
        checker = ExpressionChecker(scope=scope, mistakes=self.mistakes)
        condition = checker.condition(text, mistake, PARAMETER)
        if checker.lookup_kinds:
            self.mistakes.append(mistake("a condition parameter cannot look records up", (1, 1)))
        return condition

    # -- rules --------------------------------------------------------------------------------

    def _rule(self, index: int, rule: Rule) -> CompiledRule | None:
        path: Path = ("rules", index)
        if rule.over:
            self._check_source(rule.over, (*path, "over"))
        checker = ExpressionChecker(scope=self._scope(rule.over), mistakes=self.mistakes)
        self._lets(rule, path, checker)
        match = self._condition(checker, rule.match, (*path, "match"), MATCH)
        assertion = self._condition(checker, rule.assertion, (*path, "assert"), ASSERTION)
        not_due = self._condition(checker, rule.not_due, (*path, "not_due"), DUE_LATER)
        message = checker.message(rule.message, self._mistake_at((*path, "message")))
        lookup_kinds = tuple(sorted(checker.lookup_kinds))
        fields = checker.scope.fields
        self.mistakes.extend(age_mistakes(self.document, path, rule))
        self.mistakes.extend(tolerance_mistakes(self.document, path, rule, fields))
        self.mistakes.extend(control_mistakes(self.document, path, rule, self.pack))
        self.mistakes.extend(
            case_mistakes(self.document, path, rule, self.pack, self.sources, lookup_kinds, fields)
        )
        if assertion is None:
            return None
        evaluated = [assertion, not_due, *message.expressions]
        conditions = self._conditions.get(rule.over, {})
        changes = self._due_moments(checker, [match, *evaluated, *checker.lets.values()])
        return CompiledRule(
            rule=rule,
            combined=_combined(rule, checker),
            match=match,
            assertion=assertion,
            not_due=not_due,
            falls_due=self._due_moments(checker, [not_due]),
            due_moments=changes,
            message=message,
            lets=FrozenDict(checker.lets),
            lookup_kinds=lookup_kinds,
            max_age=_duration(rule.max_age),
            period=_period(rule),
            ahead=_duration(rule.ahead),
            passed=RowEvaluation(status=Status.PASS, reason=rule.title),
            not_applicable=RowEvaluation(
                status=Status.NOT_APPLICABLE, reason=_not_applicable(rule)
            ),
            fields_read=fields_read(
                [match, *evaluated, *checker.lets.values(), *conditions.values()],
                [path for paths in self._override_paths().values() for path in paths],
            ),
        )

    def _due_moments(
        self, checker: ExpressionChecker, expressions: Sequence[Expression | None]
    ) -> DueMoments | None:
        """Return when what some expressions of a rule yield may change; None: each time."""
        conditions = self._conditions.get(checker.scope.over, {})
        names = {f"params.{name}": condition for name, condition in conditions.items()}
        return due_moments(
            [*expressions, *conditions.values()],
            {**names, **checker.lets},
            lambda text: checker.scope.environment.compile(text, checker.lets),
        )

    def _lets(self, rule: Rule, path: Path, checker: ExpressionChecker) -> None:
        for name, text in rule.let.items():
            let_path = (*path, "let", name)
            if RESERVED.fullmatch(name):
                message = f"`{name}` has another meaning in conditions; choose another name"
                self.mistakes.append(self.document.mistake(let_path, message, key=True))
            else:
                checker.let(name, text, self._mistake_at(let_path))

    def _condition(
        self, checker: ExpressionChecker, text: str | None, path: Path, role: ConditionRole
    ) -> Expression | None:
        if not text:
            return None
        parameters = self._conditions.get(checker.scope.over, {})
        return checker.condition(text, self._mistake_at(path), role, parameters)

    # -- the scope of an expression -----------------------------------------------------------

    def _scope(self, over: str) -> ExpressionScope:
        if over not in self._scopes:
            names = [name for name, target in self._condition_names().items() if target == over]
            self._scopes[over] = self._new_scope(over, names)
        return self._scopes[over]

    def _new_scope(self, over: str, conditions: Sequence[str]) -> ExpressionScope:
        plain = {
            parameter.name: parameter.type
            for parameter in self.pack.parameters
            if parameter.type in _TYPES and parameter.type != "condition"
        }
        source = self.sources.get(over)
        return ExpressionScope(
            over=over,
            environment=self._environment(plain, tuple(conditions)),
            fields=SchemaFields(source.schema()) if source else None,
            parameters=plain,
            conditions=self._condition_names(),
            override_paths=self._override_paths(),
            sources=self.sources,
        )

    def _environment(
        self, parameters: Mapping[str, str], conditions: tuple[str, ...]
    ) -> CelEnvironment:
        """Return the environment for some condition parameters; making one takes long."""
        if conditions not in self._environments:
            self._environments[conditions] = CelEnvironment.of(parameters, conditions)
        return self._environments[conditions]

    def _override_paths(self) -> dict[str, list[tuple[str, ...]]]:
        """Return the paths in a row that decide which value of a parameter applies, by its name."""
        paths: dict[str, list[tuple[str, ...]]] = {}
        for parameter in self.pack.parameters:
            for text in (parameter.varies_by, parameter.dated_by):
                with suppress(ValueError):
                    if path := row_path(text):
                        paths.setdefault(parameter.name, []).append(path)
        return paths

    def _condition_names(self) -> dict[str, str]:
        return {
            parameter.name: parameter.over or "nothing"
            for parameter in self.pack.parameters
            if parameter.type == "condition"
        }

    # -- mistakes -----------------------------------------------------------------------------

    def _check_source(self, name: str, path: Path) -> None:
        if name not in self.sources:
            self._report(path, suggest("evidence kind or view", name, sorted(self.sources)))

    def _report(self, path: Path, message: str) -> None:
        self.mistakes.append(self.document.mistake(path, message))

    def _mistake_at(self, path: Path) -> MistakeFactory:
        return lambda message, at: self.document.mistake(path, message, at=at)

    def _mistake_in_setting(self, name: str) -> MistakeFactory:
        return lambda message, at: self.setting_mistake(name, message, at)


_TYPES = {"duration", "integer", "number", "string", "boolean", "list", "condition"}


def _combined(rule: Rule, checker: ExpressionChecker) -> Expression | None:
    """Combine the conditions of a rule into one, in the order in which they are evaluated."""
    combined = f"({rule.assertion}\n) ? {PASSES} : {FAILS}"
    if rule.not_due:
        combined = f"({rule.not_due}\n) ? {NOT_DUE} : ({combined})"
    if rule.match:
        combined = f"({rule.match}\n) ? ({combined}) : {NOT_APPLICABLE}"
    try:
        return checker.scope.environment.compile(combined, checker.lets)
    except ExpressionError:
        # A condition with a mistake, which is reported elsewhere, or too deeply nested for CEL.
        return None


def _not_applicable(rule: Rule) -> str:
    return f"not applicable: `{rule.match}` is false"


SHORTEST_MONTH = timedelta(days=28)


def _period(rule: Rule) -> timedelta | None:
    """Return how much of the past a rule needs; a share per month needs a month."""
    per_month = rule.tolerance is not None and rule.tolerance.per == "month"
    periods = [_duration(rule.period), SHORTEST_MONTH if per_month else None]
    return max((period for period in periods if period), default=None)


def _duration(text: str | None) -> timedelta | None:
    try:
        return parse_duration(text) if text else None
    except ValueError:
        return None
