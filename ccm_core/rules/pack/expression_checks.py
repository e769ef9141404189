"""Compiles the expressions of one rule and tells each mistake at its place in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ccm_core.documents import suggest
from ccm_core.errors import Mistake
from ccm_core.rules.cel.ast import CelNode, Path, PathRead, CheckedExpression, dotted, path_of, reads
from ccm_core.rules.cel.error_messages import plainer
from ccm_core.rules.cel.runtime import Expression, CelEnvironment, ExpressionError
from ccm_core.rules.pack.message_template import (
    CompiledPlaceholder,
    MessageTemplate,
    Placeholder,
    ValueFormatter,
    format_seconds,
    format_code,
    line_and_column,
    split,
    written,
)
from ccm_core.rules.pack.schema_fields import SchemaFields
from ccm_core.rules.types import RowSource

MistakeFactory: TypeAlias = Callable[[str, tuple[int, int]], Mistake]
"""Makes a mistake of a message and a line and column inside one text of a document."""

_TRUTH = {"BOOL", "DYN"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionScope:
    """What the expressions over one kind or view may mention."""

    over: str
    language: CelEnvironment
    fields: SchemaFields | None
    """None where the kind or view is not known, which is told once elsewhere."""
    parameters: Mapping[str, str]
    """The type of each plain parameter, by name."""
    conditions: Mapping[str, str]
    """What each condition parameter is over, by name."""
    chosen_by: Mapping[str, Sequence[Path]]
    """The paths below ``row`` by which the values of parameters are chosen, by name."""
    sources: Mapping[str, RowSource]
    """Every kind and view, by name."""


@dataclass(slots=True, kw_only=True)
class ExpressionChecker:
    """Compiles expressions and gathers the mistakes in them."""

    around: ExpressionScope
    mistakes: list[Mistake] = field(default_factory=list)
    lets: dict[str, Expression] = field(default_factory=dict)
    """The names that expressions may use so far."""
    looked_up: set[str] = field(default_factory=set)
    """The kinds that records are looked up in."""
    _told: set[str] = field(default_factory=set)

    def condition(self, text: str, tell: MistakeFactory) -> Expression | None:
        """Compile an expression that must yield true or false."""
        found = self.expression(text, tell)
        if found and found.type not in _TRUTH:
            message = f"this yields {found.type.lower()}; wanted true or false"
            self.mistakes.append(tell(message, (1, 1)))
        return found

    def let(self, name: str, text: str, tell: MistakeFactory) -> None:
        """Compile an expression and make its name known to those that follow."""
        # What is wrong is told here; the name stays known, so that it is not told again.
        found = self.expression(text, tell) or self.around.language.expression("dyn(null)")
        self.lets[name] = found

    def message(self, template: str, tell: MistakeFactory) -> MessageTemplate:
        """Compile a message template."""
        try:
            parts = split(template)
        except ExpressionError as cause:
            self._tell_all(cause, tell)
            return MessageTemplate(parts=())
        compiled = (self._part(part, template, tell) for part in parts)
        return MessageTemplate(parts=tuple(compiled))

    def expression(self, text: str, tell: MistakeFactory) -> Expression | None:
        """Compile an expression; nothing where that is not possible, which is then told."""
        try:
            found = self.around.language.expression(text, self.lets)
        except ExpressionError as cause:
            self._tell_all(cause, tell)
            return None
        for message, offset in (*self._unknown_fields(found), *self._lookups(found.tree)):
            # A let that is wrong is told where it stands, not again wherever it is used.
            if message not in self._told:
                self._told.add(message)
                self.mistakes.append(tell(message, line_and_column(text, offset)))
        return found

    def _part(self, part: str | Placeholder, template: str, tell: MistakeFactory) -> str | CompiledPlaceholder:
        if isinstance(part, str):
            return part
        line, column = line_and_column(template, part.offset)

        def inside(message: str, at: tuple[int, int]) -> Mistake:
            shifted = column + at[1] - 1 if at[0] == 1 else at[1]
            return tell(message, (line + at[0] - 1, shifted))

        found = self.expression(part.text, inside)
        if found is None:
            return part.fallback
        return CompiledPlaceholder(expression=found, fallback=part.fallback, write=self._writer(found))

    def _writer(self, found: Expression) -> ValueFormatter:
        fields = self.around.fields
        match path_of(found.tree.root, found.scope):
            case ("params", name) if self.around.parameters.get(name) == "duration":
                return format_seconds
            case ("row", *path) if fields and fields.is_seconds(tuple(path)):
                return format_seconds
            case ("row", *path) if fields and fields.is_code(tuple(path)):
                return format_code
            case _:
                return written

    def _unknown_fields(self, found: Expression) -> Iterator[tuple[str, int]]:
        for read in reads(found.tree, found.scope):
            if self.around.fields and read.path[0] == "row":
                message = self.around.fields.mistake(read.path[1:])
                if message:
                    yield message, read.offset
            yield from self._unchosen(read)

    def _unchosen(self, read: PathRead) -> Iterator[tuple[str, int]]:
        """Tell where the value of a parameter is chosen by what these rows do not have."""
        if read.path[0] != "params" or not self.around.fields:
            return
        for path in self.around.chosen_by.get(read.path[1], ()):
            if self.around.fields.mistake(path):
                chosen = f"{'.'.join(read.path[:2])} is chosen by row.{dotted(path)}"
                yield f"{chosen}, which rows of {self.around.over} do not have", read.offset

    def _lookups(self, tree: CheckedExpression) -> Iterator[tuple[str, int]]:
        """Note the kinds looked up; give what is wrong with those that cannot be."""
        kinds = sorted(name for name, one in self.around.sources.items() if one.inputs == (name,))
        for node in tree.nodes():
            if node.form != "call" or node.text != "lookup":
                continue
            kind: CelNode = node.parts[0]
            at = tree.start(kind)
            if not isinstance(kind.value, str):
                yield "lookup needs its kind written out: lookup('KIND', KEY)", at
            elif kind.value not in kinds:
                yield suggest("evidence kind", kind.value, kinds), at
            else:
                self.looked_up.add(kind.value)

    def _tell_all(self, cause: ExpressionError, tell: MistakeFactory) -> None:
        names = (*self.around.language.names, *self.lets)
        for line, column, message in cause.problems:
            said, back = plainer(message, names, self.around.parameters, self.around.conditions)
            self.mistakes.append(tell(said, (line, max(1, column - back))))
