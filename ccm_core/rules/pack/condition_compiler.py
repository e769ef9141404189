"""Compiles the conditions over one kind or view in one pack. Nothing in it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ccm_core.documents import Document, Path
from ccm_core.errors import Mistake
from ccm_core.model.evaluation.rule import Parameter, Rule
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.compiler import RESERVED, CelEnvironment
from ccm_core.rules.cel.expression import Expression, ExpressionError
from ccm_core.rules.pack.compiled import (
    FAILS,
    NOT_APPLICABLE,
    NOT_DUE,
    PASSES,
    RowConditions,
    RuleConditions,
)
from ccm_core.rules.pack.constant_conditions import (
    ASSERTION,
    DUE_LATER,
    MATCH,
    PARAMETER,
    ConditionRole,
)
from ccm_core.rules.pack.deferred import Compilation, Deferred
from ccm_core.rules.pack.due_moments import DueMoments, due_moments
from ccm_core.rules.pack.expression_checks import (
    ExpressionChecker,
    ExpressionScope,
    MistakeFactory,
)
from ccm_core.rules.pack.fields_read import fields_read
from ccm_core.rules.pack.message_template import MessageTemplate

SettingMistake = Callable[[str, str, "tuple[int, int] | None"], Mistake]
"""Makes a mistake of a parameter's name, a message and a position inside what the user wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionCompiler:
    """Compiles condition parameters and rules over the same rows."""

    document: Document
    scope: ExpressionScope
    """Of the rules; condition parameters can use no other condition parameter."""
    plain_environment: Deferred[CelEnvironment]
    """Without condition parameters."""
    environment: Deferred[CelEnvironment]
    parameters: Sequence[Parameter]
    """The condition parameters over these rows."""
    settings: JsonObject
    """The parameters that the user set, by name."""
    setting_mistake: SettingMistake

    def row_conditions(self) -> Compilation[RowConditions]:
        """Compile the condition parameters, both the pack's own and what the user set."""
        mistakes: list[Mistake] = []
        conditions: dict[str, Expression] = {}
        scope = replace(self.scope, environment=self.plain_environment)
        for parameter in self.parameters:
            path = ("parameters", parameter.name, "default")
            texts = [(parameter.default, mistake_at(self.document, path))]
            if parameter.name in self.settings:
                mistake = mistake_in_setting(self.setting_mistake, parameter.name)
                texts.append((self.settings[parameter.name], mistake))
            for text, mistake in texts:
                condition = _condition_parameter(scope, text, mistake, mistakes)
                if condition:
                    conditions[parameter.name] = condition
        part = RowConditions(environment=self.environment.part, conditions=FrozenDict(conditions))
        return Compilation(part, tuple(mistakes))

    def rule_conditions(
        self, index: int, rule: Rule, shared: Deferred[RowConditions]
    ) -> Compilation[RuleConditions]:
        """Compile what a rule says of a row.

        Args:
            index: The place of the rule in its pack.
            rule: The rule.
            shared: The condition parameters over the same rows.
        """
        path: Path = ("rules", index)
        checker = ExpressionChecker(scope=self.scope)
        row_conditions = shared.compilation.part
        conditions = row_conditions.conditions if row_conditions is not None else {}
        self._lets(rule, path, checker)

        def condition(text: str | None, key: str, role: ConditionRole) -> Expression | None:
            mistake = mistake_at(self.document, (*path, key))
            return checker.condition(text, mistake, role, conditions) if text else None

        match = condition(rule.match, "match", MATCH)
        assertion = condition(rule.assertion, "assert", ASSERTION)
        not_due = condition(rule.not_due, "not_due", DUE_LATER)
        message = checker.message(rule.message, mistake_at(self.document, (*path, "message")))
        cause = checker.cause(rule, mistake_at(self.document, (*path, "finding", "cause")))
        part = None
        if assertion is not None:
            whole = _Rule(rule, match, assertion, not_due, message, cause, checker, conditions)
            part = whole.conditions()
        return Compilation(part, tuple(checker.mistakes))

    def _lets(self, rule: Rule, path: Path, checker: ExpressionChecker) -> None:
        for name, text in rule.let.items():
            let_path = (*path, "let", name)
            if RESERVED.fullmatch(name):
                message = f"`{name}` has another meaning in conditions; choose another name"
                checker.mistakes.append(self.document.mistake(let_path, message, key=True))
            else:
                checker.let(name, text, mistake_at(self.document, let_path))


def mistake_at(document: Document, path: Path) -> MistakeFactory:
    """Return what makes mistakes about one value of a document."""
    return lambda message, at: document.mistake(path, message, at=at)


def mistake_in_setting(setting_mistake: SettingMistake, name: str) -> MistakeFactory:
    """Return what makes mistakes about what the user set a parameter to."""
    return lambda message, at: setting_mistake(name, message, at)


def _condition_parameter(
    scope: ExpressionScope, text: Any, mistake: MistakeFactory, mistakes: list[Mistake]
) -> Expression | None:
    if not isinstance(text, str):
        return None
    checker = ExpressionChecker(scope=scope, mistakes=mistakes)
    condition = checker.condition(text, mistake, PARAMETER)
    if checker.lookup_kinds:
        mistakes.append(mistake("a condition parameter cannot look records up", (1, 1)))
    return condition


@dataclass(frozen=True, slots=True)
class _Rule:
    """The expressions of a rule, from which the rest of it follows."""

    rule: Rule
    match: Expression | None
    assertion: Expression
    not_due: Expression | None
    message: MessageTemplate
    cause: Expression | None
    checker: ExpressionChecker
    shared: Mapping[str, Expression]

    def conditions(self) -> RuleConditions:
        lets = self.checker.lets
        evaluated = [self.match, self.assertion, self.not_due, self.cause]
        evaluated.extend(self.message.expressions)
        evaluated.extend(lets.values())
        paths = self.checker.scope.override_paths.values()
        return RuleConditions(
            combined=self._combined(),
            match=self.match,
            assertion=self.assertion,
            not_due=self.not_due,
            falls_due=self._falls_due(),
            due_moments=self._due_moments(evaluated),
            message=self.message,
            cause=self.cause,
            lets=FrozenDict(lets),
            lookup_kinds=tuple(sorted(self.checker.lookup_kinds)),
            fields_read=fields_read(
                [*evaluated, *self.shared.values()], [path for some in paths for path in some]
            ),
        )

    def _falls_due(self) -> DueMoments | None:
        """Return when what is not due may fall due."""
        return due_moments([self.not_due, *self.shared.values()], self._names(), self._compile)

    def _due_moments(self, expressions: Sequence[Expression | None]) -> DueMoments | None:
        """Return when what a rule yields may change; None: each time.

        What condition parameters select is counted of all rows, also of those outside ``match``.
        """
        names = self._names()
        own = due_moments(expressions, names, self._compile, self.match)
        shared = due_moments(self.shared.values(), names, self._compile)
        if own is None or shared is None:
            return None
        return DueMoments(moments=(*own.moments, *shared.moments))

    def _names(self) -> Mapping[str, Expression]:
        """Return what names that conditions use stand for."""
        conditions = {f"params.{name}": condition for name, condition in self.shared.items()}
        return {**conditions, **self.checker.lets}

    def _combined(self) -> Expression | None:
        """Combine the conditions of a rule into one, in the order in which they are evaluated."""
        rule = self.rule
        combined = f"({rule.assertion}\n) ? {PASSES} : {FAILS}"
        if rule.not_due:
            combined = f"({rule.not_due}\n) ? {NOT_DUE} : ({combined})"
        if rule.match:
            combined = f"({rule.match}\n) ? ({combined}) : {NOT_APPLICABLE}"
        try:
            return self._compile(combined)
        except ExpressionError:
            # A condition with a mistake, which is reported elsewhere, or too deeply nested for CEL.
            return None

    def _compile(self, text: str) -> Expression:
        return self.checker.scope.environment.part.compile(text, self.checker.lets)
