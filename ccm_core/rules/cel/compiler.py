"""Compiles CEL expressions over rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.checked_ast import CheckedExpression, FieldPath, decode, path_of, read_paths
from ccm_core.rules.cel.cost import MOST_CHARACTERS, estimate_size, too_large
from ccm_core.rules.cel.expression import (
    Expression,
    ExpressionError,
    NotEvaluable,
    RowContext,
    first_line,
    without_status,
)
from ccm_core.rules.cel.field_tests import FieldTests, is_json
from ccm_core.rules.cel.identifiers import identifiers
from ccm_core.rules.cel.lookup_function import LookupTable
from ccm_core.rules.cel.runtime import find_nothing, new_environment

if TYPE_CHECKING:
    from cel_expr_python import cel

RESERVED = re.compile(
    "row|params|now|period|lookup|overlapping|within|in_hours|total|elapsed|deadline|business|cel|true|false|"
    "null|in|as|break|const|continue|else|"
    "for|function|if|import|let|loop|package|namespace|return|var|void|while|int|"
    "uint|double|bool|string|bytes|list|map|type|duration|timestamp|size|has|all|"
    "exists|exists_one|filter|dyn|optional"
)
"""Names that mean something else in CEL and cannot be given to a ``let``."""
NAMES = ("row", "params", "now", "period", "lookup")
"""The names that every condition may use."""


@dataclass(frozen=True, slots=True)
class RowFields:
    """Which fields of a row are handed to the runtime: it converts all that it is handed."""

    conditions: frozenset[str] | None = None
    """Those that the condition parameters read; None: any of them."""
    rules: frozenset[str] | None = None
    """Those that anything else reads; None: any of them."""


_ALL_FIELDS = RowFields()


@dataclass(frozen=True, slots=True)
class CelEnvironment:
    """CEL over the rows of one kind or view with the parameters of one pack."""

    types: Mapping[str, str]
    """The CEL type of each parameter, by its name as conditions write it."""
    _env: cel.Env

    @classmethod
    def of(cls, parameters: Mapping[str, str], conditions: Sequence[str]) -> CelEnvironment:
        """Declare the names.

        Args:
            parameters: The type of each plain parameter, by name.
            conditions: The names of the condition parameters over the same rows.
        """
        types = {f"params.{name}": _CEL_TYPES[kind] for name, kind in parameters.items()}
        types |= {f"params.{name}": "bool" for name in conditions}
        return cls(types=FrozenDict(types), _env=_environment(types))

    def compile(self, text: str, lets: Mapping[str, Expression] | None = None) -> Expression:
        """Compile an expression in which the ``lets`` are names.

        Raises:
            ExpressionError: The text is no expression over these names.
        """
        lets = lets or {}
        if len(text) > MOST_CHARACTERS:
            message = f"this has {len(text):,} characters; at most {MOST_CHARACTERS:,} are allowed"
            raise ExpressionError([(1, 1, message)])
        bound = _bind(self._env, text, lets)
        size = estimate_size(bound.tree, {name: lets[name].size for name in bound.lets})
        if why := too_large(size):
            raise ExpressionError([(1, 1, why)])
        looks_up = _looks_up(bound.tree) or any(lets[name].lookup_program for name in bound.lets)
        return Expression(
            text=text,
            type=bound.program.return_type().name(),
            tree=bound.tree,
            scope=FrozenDict(
                {name: path for name, let in lets.items() if (path := _let_path(let))}
            ),
            program=bound.program,
            size=size.value,
            lets=tuple(bound.lets),
            lookup_program=bound.program.serialize() if looks_up else None,
            tests=FieldTests() if looks_up else FieldTests.of(bound.tree),
        )

    def row_context(
        self,
        row: JsonObject,
        shared: Mapping[str, Any],
        conditions: Mapping[str, Expression] | None = None,
        chosen: Mapping[str, Any] | None = None,
        left_out: Mapping[str, str] | None = None,
        lookups: LookupTable | None = None,
        fields: RowFields = _ALL_FIELDS,
    ) -> RowContext:
        """Hand a row over to CEL, with the condition parameters evaluated on it.

        Args:
            row: The row's body.
            shared: What :func:`shared_variables` returns.
            conditions: The condition parameters, by name.
            chosen: The values of this row's own of parameters, by name, or why there are none.
            left_out: Why the row leaves keys out, by their dotted paths.
            lookups: What ``lookup`` reads.
            fields: Those of the row that expressions read.
        """
        why, told = left_out or {}, row
        if not is_json(row):  # every expression that reads it reports that
            told, fields = {}, _ALL_FIELDS
        variables, unknown = {"row": _part(row, fields.rules), **shared}, dict[str, NotEvaluable]()
        for name, value in (chosen or {}).items():
            _set_parameter(name, value, variables, unknown)
        if not conditions:
            return self._activate(row, variables, unknown, why, lookups, told)
        given = {**variables, "row": _part(row, fields.conditions)}
        unknown_before, unknown = unknown, unknown.copy()
        plain: RowContext | None = None
        for name, condition in conditions.items():
            known = condition.tests.known(told, given)
            if known is None:
                plain = plain or self._activate(row, given, unknown_before, why, lookups, told)
            holds = condition.evaluate_condition(plain) if known is None and plain else known
            _set_parameter(name, holds, variables, unknown)
        return self._activate(row, variables, unknown, why, lookups, told)

    def value_without_row(
        self, condition: Expression, parameters: Mapping[str, bool]
    ) -> bool | None:
        """Return whether a condition is true or false whatever the row; None: it depends on it.

        Args:
            condition: The condition.
            parameters: The values of condition parameters, by name; all others are unknown.
        """
        variables = {f"params.{name}": value for name, value in parameters.items()}
        value = condition.evaluate_condition(self._activate({}, variables, {}, {}, None, {}))
        return None if isinstance(value, NotEvaluable) else value

    def _activate(
        self,
        row: JsonObject,
        variables: dict[str, Any],
        unknown: Mapping[str, NotEvaluable],
        left_out: Mapping[str, str],
        lookups: LookupTable | None,
        told: JsonObject,
    ) -> RowContext:
        # CEL converts values when an expression reads them, and reports then what it cannot.
        return RowContext(
            row=row,
            activation=self._env.Activation(variables),
            unknown=unknown,
            variables=variables,
            left_out=left_out,
            lookups=lookups,
            told=told,
        )


def _part(row: JsonObject, fields: frozenset[str] | None) -> JsonObject:
    return row if fields is None else {name: row[name] for name in fields if name in row}


def _environment(types: Mapping[str, str]) -> cel.Env:
    from cel_expr_python import cel  # only where a condition is compiled

    by_name = {
        "bool": cel.Type.BOOL,
        "int": cel.Type.INT,
        "double": cel.Type.DOUBLE,
        "string": cel.Type.STRING,
        "list": cel.Type.List(cel.Type.DYN),
    }
    variables = {name: by_name[signature] for name, signature in types.items()}
    variables["row"] = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
    variables |= dict.fromkeys(("now", "period.since", "period.until"), cel.Type.TIMESTAMP)
    return new_environment(variables, find_nothing)


_CEL_TYPES = {
    "duration": "int",
    "integer": "int",
    "number": "double",
    "string": "string",
    "boolean": "bool",
    "list": "list",
    "dates": "list",
    "weekly_hours": "string",
}


def _set_parameter(
    name: str, value: Any, variables: dict[str, Any], unknown: dict[str, NotEvaluable]
) -> None:
    """Set a parameter's value, or why it has none."""
    variable = f"params.{name}"
    if isinstance(value, NotEvaluable):
        variables.pop(variable, None)
        unknown[name] = value
    else:
        variables[variable] = value


# -- errors of the compiler -------------------------------------------------------------------

_PROBLEM = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_CONTAINER = re.compile(r" \(in container '.*'\)$")


def _compile(env: cel.Env, text: str, *, syntax_only: bool = False) -> cel.Expression:
    try:
        return env.compile(text, disable_check=syntax_only)
    except RuntimeError as cause:
        raise ExpressionError(_problems(str(cause))) from None


def _problems(error: str) -> list[tuple[int, int, str]]:
    problems = [
        (int(line), int(column), _CONTAINER.sub("", message))
        for line, column, message in _PROBLEM.findall(error)
    ]
    if not problems:
        return [(1, 1, without_status(first_line(error)))]
    # A problem that only follows from another one would confuse.
    if syntax := [problem for problem in problems if problem[2].startswith("Syntax error")]:
        return syntax[:1]
    return [problem for problem in problems if "*error*" not in problem[2]] or problems


def _looks_up(tree: CheckedExpression) -> bool:
    return any(node.form == "call" and node.name == "lookup" for node in tree.nodes())


# -- lets -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Bound:
    """An expression with the lets that it reads, and those that these read."""

    program: cel.Expression
    tree: CheckedExpression
    """Of the expression alone: a let is a name in it."""
    lets: Sequence[str]
    """Each after those that it reads itself."""


def _bind(env: cel.Env, text: str, lets: Mapping[str, Expression]) -> _Bound:
    """Compile an expression inside a ``cel.bind`` for each let that it reads.

    The runtime evaluates what ``cel.bind`` names only where it is read, and only once; the
    environment, which takes long to make, and the activation of a row stay the same for all.
    """
    mentioned = identifiers(text) & lets.keys()
    if not mentioned:
        program = _compile(env, text)
        return _Bound(program, decode(program.serialize()), ())
    _compile(env, text, syntax_only=True)  # so that it cannot end the calls around it
    bound = _bound(env, text, lets, _with_their_own(mentioned, lets))
    used = _with_their_own({read.path[0] for read in read_paths(bound.tree)} & lets.keys(), lets)
    # Of `row.user` a let `user` is mentioned and not read.
    return bound if len(used) == len(bound.lets) else _bound(env, text, lets, used)


def _bound(env: cel.Env, text: str, lets: Mapping[str, Expression], names: Sequence[str]) -> _Bound:
    # A comment at a text's end must not swallow what closes it, hence the line breaks.
    before = "".join(f"cel.bind({name}, ({lets[name].text}\n), " for name in names)
    try:
        program = _compile(env, before + text + "\n" + ")" * len(names))
    except ExpressionError as cause:
        raise ExpressionError([_moved(problem, before) for problem in cause.problems]) from None
    tree = decode(program.serialize(), bound=len(names), skipped=len(before))
    return _Bound(program, tree, names)


def _moved(problem: tuple[int, int, str], before: str) -> tuple[int, int, str]:
    """Return a problem with its line and column counted from the end of what is before a text."""
    line, column, message = problem
    lines = before.count("\n")
    if line > lines + 1:
        return line - lines, column, message
    column -= len(before) - (before.rfind("\n") + 1)
    return (1, column, message) if line == lines + 1 and column > 0 else (1, 1, message)


def _let_path(let: Expression) -> FieldPath | None:
    """Return the path that a ``let`` is short for."""
    return path_of(let.tree.root, let.scope)


def _with_their_own(names: AbstractSet[str], lets: Mapping[str, Expression]) -> Sequence[str]:
    """Return the names of some lets and of those that they read, each after those it reads."""
    used = set(names)
    for name in reversed(list(lets)):
        if name in used:
            used |= set(lets[name].lets)
    return [name for name in lets if name in used]
