"""Compiles the expressions of one rule and reports each mistake with its location."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TypeAlias

from ccm_core.documents import suggest
from ccm_core.errors import Mistake
from ccm_core.model.evaluation.rule import Rule
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.rules.cel.checked_ast import (
    CelNode,
    CheckedExpression,
    FieldPath,
    PathRead,
    dotted,
    read_paths,
)
from ccm_core.rules.cel.compiler import NAMES, CelEnvironment
from ccm_core.rules.cel.error_messages import plain_message
from ccm_core.rules.cel.expression import Expression, ExpressionError
from ccm_core.rules.pack.constant_conditions import (
    ConditionRole,
    ConditionScope,
    constant_mistake,
)
from ccm_core.rules.pack.deferred import Deferred
from ccm_core.rules.pack.message_template import (
    CompiledPlaceholder,
    MessageTemplate,
    Placeholder,
    ValueFormatter,
    format_code,
    format_seconds,
    format_value,
    line_and_column,
    split_template,
)
from ccm_core.rules.pack.schema_fields import SchemaFields
from ccm_core.rules.pack.unit_inference import Unit, UnitInference
from ccm_core.rules.types import RowSource

MistakeFactory: TypeAlias = Callable[[str, tuple[int, int]], Mistake]
"""Makes a mistake of a message and a line and column inside one text of a document."""

_TRUTH = {"BOOL", "DYN"}
_FORMATTERS = {Unit.SECONDS: format_seconds, Unit.CODE: format_code}


_LISTS = ("LIST", "DYN")


def _cause_mistake(rule: Rule, expression: Expression) -> str | None:
    """Return what is wrong with the cause of a rule that is a valid expression."""
    if rule.tolerance is not None:
        return "a rule with a tolerance has one finding for its share: leave `finding` out"
    if not expression.type.startswith(_LISTS):
        return f"expected a list of texts, got {expression.type.lower()}"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionScope:
    """The names that expressions over one kind or view may use."""

    over: str
    environment: Deferred[CelEnvironment]
    fields: SchemaFields | None
    """None where the kind or view is not known, which is reported once elsewhere."""
    parameters: Mapping[str, str]
    """The type of each plain parameter, by name."""
    conditions: Mapping[str, str]
    """What each condition parameter is over, by name."""
    override_paths: Mapping[str, Sequence[FieldPath]]
    """The paths below ``row`` that decide which value of a parameter applies, by its name."""
    sources: Mapping[str, RowSource]
    """Every kind and view, by name."""

    def record_kinds(self) -> Iterator[str]:
        """Yield the names of the kinds whose records can be looked up."""
        return (name for name, source in self.sources.items() if source.inputs == (name,))


@dataclass(slots=True, kw_only=True)
class ExpressionChecker:
    """Compiles expressions and collects the mistakes in them."""

    scope: ExpressionScope
    mistakes: list[Mistake] = field(default_factory=list)
    lets: dict[str, Expression] = field(default_factory=dict)
    """The names that expressions may use so far."""
    lookup_kinds: set[str] = field(default_factory=set)
    """The kinds that records are looked up in."""
    _reported: set[str] = field(default_factory=set)

    def condition(
        self,
        text: str,
        mistake: MistakeFactory,
        role: ConditionRole,
        parameters: Mapping[str, Expression] = FrozenDict(),
    ) -> Expression | None:
        """Compile an expression that must yield true or false, and not the same for every row.

        Args:
            text: The expression.
            mistake: Makes a mistake in it.
            role: What the condition is for.
            parameters: The condition parameters that it may read, by name.
        """
        mistakes_before = len(self.mistakes)
        expression = self.expression(text, mistake)
        if expression is None or len(self.mistakes) > mistakes_before:
            return expression
        if expression.type not in _TRUTH:
            message: str | None = f"expected true or false, got {expression.type.lower()}"
        else:
            message = constant_mistake(expression, role, self._condition_scope(), parameters)
        if message:
            self.mistakes.append(mistake(message, (1, 1)))
        return expression

    def cause(self, rule: Rule, mistake: MistakeFactory) -> Expression | None:
        """Compile the list of keys that names the cause of a failure; None: there is none."""
        if rule.cause is None:
            return None
        mistakes_before = len(self.mistakes)
        expression = self.expression(rule.cause, mistake)
        if expression is not None and len(self.mistakes) == mistakes_before:
            message = _cause_mistake(rule, expression)
            if message:
                self.mistakes.append(mistake(message, (1, 1)))
        return expression

    def _condition_scope(self) -> ConditionScope:
        return ConditionScope(
            environment=self.scope.environment.part,
            lets=self.lets,
            varying={*self.scope.conditions, *self.scope.override_paths},
        )

    def let(self, name: str, text: str, mistake: MistakeFactory) -> None:
        """Compile an expression and declare its name for those that follow."""
        # A mistake is reported here; the name stays declared, so that it is not reported again.
        compiled = self.expression(text, mistake)
        self.lets[name] = compiled or self.scope.environment.part.compile("dyn(row)")

    def message(self, template: str, mistake: MistakeFactory) -> MessageTemplate:
        """Compile a message template."""
        try:
            parts = split_template(template)
        except ExpressionError as cause:
            self._report(cause, mistake)
            return MessageTemplate(parts=())
        compiled = (self._part(part, template, mistake) for part in parts)
        return MessageTemplate(parts=tuple(compiled))

    def expression(self, text: str, mistake: MistakeFactory) -> Expression | None:
        """Compile an expression; return None and report why where that is not possible."""
        try:
            expression = self.scope.environment.part.compile(text, self.lets)
        except ExpressionError as cause:
            self._report(cause, mistake)
            return None
        for message, offset in (
            *self._unknown_fields(expression),
            *self._lookup_mistakes(expression.tree),
        ):
            # A mistake in a let is reported once, not again wherever the let is used.
            if message not in self._reported:
                self._reported.add(message)
                self.mistakes.append(mistake(message, line_and_column(text, offset)))
        return expression

    def _part(
        self, part: str | Placeholder, template: str, mistake: MistakeFactory
    ) -> str | CompiledPlaceholder:
        if isinstance(part, str):
            return part
        line, column = line_and_column(template, part.offset)

        def inside(message: str, at: tuple[int, int]) -> Mistake:
            shifted = column + at[1] - 1 if at[0] == 1 else at[1]
            return mistake(message, (line + at[0] - 1, shifted))

        expression = self.expression(part.text, inside)
        if expression is None:
            return part.fallback
        return CompiledPlaceholder(
            expression=expression, fallback=part.fallback, format=self._formatter(expression)
        )

    def _formatter(self, expression: Expression) -> ValueFormatter:
        inference = UnitInference(
            rows=self.scope.fields,
            parameters=self.scope.parameters,
            sources=self.scope.sources,
            lets=self.lets,
        )
        return _FORMATTERS.get(inference.unit(expression), format_value)

    def _unknown_fields(self, expression: Expression) -> Iterator[tuple[str, int]]:
        for read in read_paths(expression.tree, expression.scope):
            if self.scope.fields and read.path[0] == "row":
                message = self.scope.fields.mistake(read.path[1:])
                if message:
                    yield message, read.offset
            yield from self._override_mistakes(read)

    def _override_mistakes(self, read: PathRead) -> Iterator[tuple[str, int]]:
        """Yield parameters whose value depends on fields that these rows do not have."""
        if read.path[0] != "params" or not self.scope.fields:
            return
        for path in self.scope.override_paths.get(read.path[1], ()):
            if self.scope.fields.mistake(path):
                name = ".".join(read.path[:2])
                message = f"{name} depends on row.{dotted(path)}"
                yield f"{message}, which rows of {self.scope.over} do not have", read.offset

    def _lookup_mistakes(self, tree: CheckedExpression) -> Iterator[tuple[str, int]]:
        """Collect the kinds looked up; yield the mistakes in those that cannot be."""
        kinds = sorted(self.scope.record_kinds())
        for node in tree.nodes():
            if node.form != "call" or node.name != "lookup":
                continue
            kind: CelNode = node.operands[0]
            offset = tree.start(kind)
            if not isinstance(kind.value, str):
                yield "expected a literal kind: lookup('KIND', KEY)", offset
            elif kind.value not in kinds:
                yield suggest("evidence kind", kind.value, kinds), offset
            else:
                self.lookup_kinds.add(kind.value)

    def _report(self, cause: ExpressionError, mistake: MistakeFactory) -> None:
        names = (*NAMES, *self.lets)
        for line, column, message in cause.problems:
            plain, back = plain_message(
                message, names, self.scope.parameters, self.scope.conditions
            )
            self.mistakes.append(mistake(plain, (line, max(1, column - back))))
