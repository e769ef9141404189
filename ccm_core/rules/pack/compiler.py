"""Compiles one pack: parameters, conditions and messages; reports every mistake in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from ccm_core.documents import Document, Path, suggest
from ccm_core.errors import Mistake
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.rule import Parameter, Rule, RulePack
from ccm_core.model.frozen_json import FrozenDict, frozen
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.compiler import CelEnvironment
from ccm_core.rules.cel.identifiers import identifiers
from ccm_core.rules.pack.case_checks import case_mistakes
from ccm_core.rules.pack.compiled import (
    CompiledPack,
    CompiledRule,
    RowConditions,
    RowEvaluation,
    RuleGroup,
)
from ccm_core.rules.pack.condition_compiler import (
    ConditionCompiler,
    SettingMistake,
    mistake_at,
    mistake_in_setting,
)
from ccm_core.rules.pack.conditional_parameters import (
    NEVER_VARY,
    ConditionalValue,
    ParameterOverrides,
    parameter_overrides,
    read_overrides,
    row_path,
)
from ccm_core.rules.pack.deferred import Compilation, Deferred
from ccm_core.rules.pack.expression_checks import ExpressionScope, MistakeFactory
from ccm_core.rules.pack.fields_read import fields_mentioned, fields_tested
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
    """What is wrong with it outside of its conditions."""
    _environments: dict[tuple[str, ...], Deferred[CelEnvironment]] = field(default_factory=dict)
    """By the condition parameters that they have."""

    def compile(self) -> CompiledPack:
        """Compile a pack; its conditions are compiled when they are first needed."""
        parameters = self.pack.parameters
        values = {parameter.name: self._parameter(parameter) for parameter in parameters}
        self.mistakes.extend(duplicate_rule_ids(self.document, self.pack))
        self.mistakes.extend(manual_procedure_mistakes(self.document, self.pack))
        over = {rule.over for rule in self.pack.rules}
        groups = tuple(map(self._group, sorted(over)))
        others = {p.over for p in self._conditions() if p.over} - over
        return CompiledPack(
            pack=self.pack,
            groups=groups,
            other_conditions=tuple(self._group(name).compiled for name in sorted(others)),
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
        values = self._read(
            parameter, parameter.default, mistake_at(self.document, (*path, "default"))
        )
        if parameter.type == "condition":
            self._check_condition_parameter(parameter, path)
        elif parameter.over is not None:
            message = f"a parameter of type {parameter.type} takes no `over`"
            self._report((*path, "over"), message)
        if parameter.name in self.settings:
            setting = self.settings[parameter.name]
            mistake = mistake_in_setting(self.setting_mistake, parameter.name)
            values = self._read(parameter, setting, mistake)
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

    def _check_condition_parameter(self, parameter: Parameter, path: Path) -> None:
        if parameter.over is None:
            self._report(path, "a condition needs `over`: the kind or view whose rows it reads")
            return
        self._check_source(parameter.over, (*path, "over"))

    # -- rules --------------------------------------------------------------------------------

    def _group(self, over: str) -> RuleGroup:
        parameters = [p for p in self._conditions() if p.over == over]
        names = tuple(parameter.name for parameter in parameters)
        compiler = self._condition_compiler(over, parameters)
        shared = Deferred(compiler.row_conditions)
        return RuleGroup(
            over=over,
            rules=tuple(
                self._rule(index, rule, compiler, shared)
                for index, rule in enumerate(self.pack.rules)
                if rule.over == over
            ),
            condition_names=frozenset(names),
            compiled=shared,
        )

    def _rule(
        self, index: int, rule: Rule, compiler: ConditionCompiler, shared: Deferred[RowConditions]
    ) -> CompiledRule:
        path: Path = ("rules", index)
        if rule.over:
            self._check_source(rule.over, (*path, "over"))
        texts = (
            *(rule.match, rule.assertion, rule.not_due, rule.message, rule.cause),
            *rule.let.values(),
        )
        mentioned = {name for text in texts if text for name in identifiers(text)}
        parameters = frozenset(self._parameters(mentioned, compiler.parameters))
        texts_read = list(self._texts_read(texts, compiler.parameters, parameters))
        compiled = CompiledRule(
            rule=rule,
            max_age=_duration(rule.max_age),
            period=_period(rule),
            ahead=_duration(rule.ahead),
            parameters=parameters,
            looks_up="lookup" in mentioned,
            may_read=fields_mentioned(texts_read),
            may_lack=self._may_lack(rule, texts_read),
            passed=RowEvaluation(status=Status.PASS, reason=rule.title),
            not_applicable=RowEvaluation(
                status=Status.NOT_APPLICABLE, reason=_not_applicable(rule)
            ),
            compiled=Deferred(partial(compiler.rule_conditions, index, rule, shared)),
        )
        self._check_rule(path, compiled, compiler.scope.fields)
        return compiled

    def _texts_read(
        self,
        texts: Iterable[str | None],
        conditions: Sequence[Parameter],
        parameters: AbstractSet[str],
    ) -> Iterator[str]:
        """Yield all texts by which a rule may read a row."""
        yield from filter(None, texts)
        yield from (str(self.settings.get(p.name, p.default)) for p in conditions)
        for parameter in self.pack.parameters:
            if parameter.name in parameters:
                yield from filter(None, (parameter.varies_by, parameter.dated_by))

    def _may_lack(self, rule: Rule, texts_read: Sequence[str]) -> frozenset[str]:
        """Return the fields that conditions and message read, and nothing else of the rule."""
        conditions = (rule.match, rule.assertion, rule.not_due, rule.message, *rule.let.values())
        own = [text for text in conditions if text]
        others = list(texts_read)
        for text in own:
            others.remove(text)
        mentioned, of_others = fields_mentioned(own), fields_mentioned(others)
        if mentioned is None or of_others is None:
            return frozenset()
        return mentioned - of_others - fields_tested(own)

    def _check_rule(self, path: Path, compiled: CompiledRule, fields: SchemaFields | None) -> None:
        """Check a rule outside of its conditions."""
        rule = compiled.rule
        conditions = compiled.compiled.compilation.part if compiled.looks_up else None
        lookup_kinds = () if conditions is None else conditions.lookup_kinds
        self.mistakes.extend(age_mistakes(self.document, path, rule))
        self.mistakes.extend(tolerance_mistakes(self.document, path, rule, fields))
        self.mistakes.extend(control_mistakes(self.document, path, rule, self.pack))
        self.mistakes.extend(
            case_mistakes(self.document, path, rule, self.pack, self.sources, lookup_kinds, fields)
        )

    def _parameters(
        self, mentioned: AbstractSet[str], conditions: Sequence[Parameter]
    ) -> Iterator[str]:
        """Yield the parameters on which the results of a rule may depend."""
        texts = [self.settings.get(p.name, p.default) for p in conditions]
        of_conditions = {name for text in texts for name in identifiers(str(text))}
        yield from (parameter.name for parameter in conditions)
        for parameter in self.pack.parameters:
            if parameter.name in mentioned | of_conditions:
                yield parameter.name

    # -- the scope of an expression -----------------------------------------------------------

    def _condition_compiler(self, over: str, parameters: Sequence[Parameter]) -> ConditionCompiler:
        source = self.sources.get(over)
        environment = self._environment(tuple(parameter.name for parameter in parameters))
        return ConditionCompiler(
            document=self.document,
            scope=ExpressionScope(
                over=over,
                environment=environment,
                fields=SchemaFields(source.schema()) if source else None,
                parameters=self._plain(),
                conditions={p.name: p.over or "nothing" for p in self._conditions()},
                override_paths=self._override_paths(),
                sources=self.sources,
            ),
            plain_environment=self._environment(()),
            environment=environment,
            parameters=parameters,
            settings=self.settings,
            setting_mistake=self.setting_mistake,
        )

    def _environment(self, conditions: tuple[str, ...]) -> Deferred[CelEnvironment]:
        """Return the environment with some condition parameters; making one takes long."""
        if conditions not in self._environments:
            plain = self._plain()
            self._environments[conditions] = Deferred(
                lambda: Compilation(CelEnvironment.of(plain, conditions))
            )
        return self._environments[conditions]

    def _plain(self) -> Mapping[str, str]:
        """Return the type of each plain parameter, by name."""
        return {
            parameter.name: parameter.type
            for parameter in self.pack.parameters
            if parameter.type in _TYPES and parameter.type != "condition"
        }

    def _conditions(self) -> Sequence[Parameter]:
        return [p for p in self.pack.parameters if p.type == "condition"]

    def _override_paths(self) -> dict[str, list[tuple[str, ...]]]:
        """Return the paths in a row that decide which value of a parameter applies, by its name."""
        paths: dict[str, list[tuple[str, ...]]] = {}
        for parameter in self.pack.parameters:
            for text in (parameter.varies_by, parameter.dated_by):
                with suppress(ValueError):
                    if path := row_path(text):
                        paths.setdefault(parameter.name, []).append(path)
        return paths

    # -- mistakes -----------------------------------------------------------------------------

    def _check_source(self, name: str, path: Path) -> None:
        if name not in self.sources:
            self._report(path, suggest("evidence kind or view", name, sorted(self.sources)))

    def _report(self, path: Path, message: str) -> None:
        self.mistakes.append(self.document.mistake(path, message))


_TYPES = {
    *("duration", "integer", "number", "string", "boolean", "list", "dates", "condition"),
    "weekly_hours",
}


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
