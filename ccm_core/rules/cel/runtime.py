"""CEL, the language of conditions: everything that knows the runtime stands in this module.

A condition is ``True``, ``False`` or :class:`NotEvaluable`. The runtime *returns* its data errors
as values, so every value that is not plainly true or false is looked at before it is believed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ccm_core.model.json_codec import JsonObject
from ccm_core.rules.cel.ast import Path, CheckedExpression, decode, dotted, path_of, reads
from ccm_core.rules.cel.cost import MOST_CHARACTERS, too_large
from ccm_core.rules.cel.lookup_function import NOT_IN_EVIDENCE, LookupTable

if TYPE_CHECKING:
    from cel_expr_python import cel

RESERVED = re.compile(
    "row|params|now|lookup|cel|true|false|null|in|as|break|const|continue|else|"
    "for|function|if|import|let|loop|package|namespace|return|var|void|while|int|"
    "uint|double|bool|string|bytes|list|map|type|duration|timestamp|size|has|all|"
    "exists|exists_one|filter|dyn|optional"
)
"""Names that mean something else in CEL and cannot be given to a ``let``."""


class ExpressionError(Exception):
    """The text is no expression, or not one over these names."""

    def __init__(self, problems: Sequence[tuple[int, int, str]]) -> None:
        """Keep each problem with its line and column in the text, counted from 1."""
        self.problems = tuple(problems)
        super().__init__("; ".join(message for _, _, message in self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEvaluable:
    """Why an expression has no value for this row."""

    reason: str
    """In plain words."""
    missing_key: str | None = None
    """The key that the row lacks, where that is the reason."""
    insufficient: bool = False
    """Whether something is missing from the evidence; otherwise the rule itself went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowContext:
    """One row, ready to be judged by every expression of its :class:`CelEnvironment`."""

    row: JsonObject
    activation: cel.Activation
    unknown: Mapping[str, NotEvaluable]
    """Why a parameter has no value for this row, by its name."""
    names: Mapping[str, Any]
    """What the expressions see, by name; a parameter as ``params.NAME``."""
    left_out: Mapping[str, str]
    """Why the row leaves a key out, as :attr:`ccm_core.sdk.types.Row.unknown` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A compiled expression."""

    text: str
    type: str
    """The CEL type it yields, such as ``BOOL`` or ``DYN``."""
    tree: CheckedExpression
    """As it was written: a ``let`` is a name in it."""
    scope: Mapping[str, Path]
    """The path that a ``let`` is short for, where it is."""
    program: cel.Expression

    def value(self, situation: RowContext) -> Any | NotEvaluable:
        """Give its value for a row: JSON values, an instant or a ``timedelta``."""
        try:
            found = self.program.eval(situation.activation)
            value = found.plain_value() if self.type in _NEVER_NULL else _plain(found)
        except (RuntimeError, TypeError) as cause:
            return NotEvaluable(reason=_first_line(str(cause)))
        if type(value) is str and found.type().name() == "ERROR":
            return self._explained(value, situation)
        return value

    def holds(self, situation: RowContext) -> bool | NotEvaluable:
        """Say whether it holds for a row, or why that cannot be said."""
        value = self.value(situation)
        if value is True or value is False or isinstance(value, NotEvaluable):
            return value
        found = "null" if value is None else type(value).__name__
        return NotEvaluable(reason=f"`{self.text}` is neither true nor false but {found}")

    def _explained(self, error: str, situation: RowContext) -> NotEvaluable:
        if NOT_IN_EVIDENCE in error:
            return NotEvaluable(reason=error.split(NOT_IN_EVIDENCE, 1)[1], insufficient=True)
        if key := _ABSENT_KEY.match(error):
            return self._absent(_unquoted(key[1]), situation)
        if name := _ABSENT_NAME.match(error):
            unknown = situation.unknown.get(name[1].removeprefix("params."))
            if unknown is not None:
                return unknown
        return NotEvaluable(reason=f"`{self.text}`: {_plainly(error)}")

    def _absent(self, key: str, situation: RowContext) -> NotEvaluable:
        """Name the whole path to an absent key, as the condition wrote it."""
        paths = (read.path[1:] for read in reads(self.tree, self.scope) if read.path[0] == "row")
        whole = (_where_absent(path, key, situation.row) for path in paths)
        name = next((found for found in whole if found), key)
        why = situation.left_out.get(name) or situation.left_out.get("*")
        reason = f"`{name}` is not known: {why}" if why else f"row has no `{name}`"
        return NotEvaluable(reason=reason, missing_key=name, insufficient=True)


class CelEnvironment:
    """CEL over the rows of one kind or view with the parameters of one pack."""

    def __init__(
        self, parameters: Mapping[str, str], conditions: Sequence[str], lookups: LookupTable
    ) -> None:
        """Make the names known.

        Args:
            parameters: The type of each plain parameter, by name.
            conditions: The names of the condition parameters over the same rows.
            lookups: What ``lookup(kind, key)`` answers from.
        """
        self._lookups = lookups
        self._types = {f"params.{name}": _CEL_TYPES[kind] for name, kind in parameters.items()}
        self._types |= {f"params.{name}": "bool" for name in conditions}
        self._env = self._environment({})
        self.names = ("row", "params", "now", "lookup")

    def expression(self, text: str, lets: Mapping[str, Expression] | None = None) -> Expression:
        """Compile an expression in which the ``lets`` are names.

        Raises:
            Misread: The text is no expression over these names.
        """
        lets = lets or {}
        if len(text) > MOST_CHARACTERS:
            found = f"this has {len(text):,} characters; at most {MOST_CHARACTERS:,} are allowed"
            raise ExpressionError([(1, 1, found)])
        written = _compiled(self._environment(lets) if lets else self._env, text)
        tree = decode(written.serialize())
        scope = {name: path for name, let in lets.items() if (path := _short_for(let))}
        used = _used(tree, lets)
        # The runtime evaluates what cel.bind names only where it is read, and only once; the
        # activation of a row stays the same for every rule over it.
        # A comment at a text's end must not swallow what closes it, hence the line breaks.
        whole = "".join(f"cel.bind({name}, ({lets[name].text}\n), " for name in used) + text
        program = _compiled(self._env, whole + "\n" + ")" * len(used)) if used else written
        whole_tree = decode(program.serialize()) if used else tree
        if why := too_large(whole_tree):
            raise ExpressionError([(1, 1, why)])
        return Expression(
            text=text, type=written.return_type().name(), tree=tree, scope=scope, program=program
        )

    def situation(
        self,
        row: JsonObject,
        shared: Mapping[str, Any],
        conditions: Mapping[str, Expression] | None = None,
        picked: Mapping[str, Any] | None = None,
        left_out: Mapping[str, str] | None = None,
    ) -> RowContext:
        """Hand a row over to CEL, with the condition parameters judged on it.

        Args:
            row: The row's body.
            shared: What :func:`shared_variables` gives.
            conditions: The condition parameters, by name.
            picked: The values of this row's own of parameters, by name, or why there are none.
            left_out: Why the row leaves keys out, by their dotted paths.
        """
        why = left_out or {}
        data, unknown = {"row": row, **shared}, dict[str, NotEvaluable]()
        for name, value in (picked or {}).items():
            _note(name, value, data, unknown)
        plain = self._activated(row, data, unknown, why)
        if not conditions:
            return plain
        known = data.copy()
        unclear = unknown.copy()
        for name, condition in conditions.items():
            _note(name, condition.holds(plain), known, unclear)
        return self._activated(row, known, unclear, why)

    def _activated(
        self,
        row: JsonObject,
        data: dict[str, Any],
        unknown: Mapping[str, NotEvaluable],
        why: Mapping[str, str],
    ) -> RowContext:
        # CEL takes the values over when an expression reads them; what it cannot take is told then.
        activation = self._env.Activation(data)
        return RowContext(row=row, activation=activation, unknown=unknown, names=data, left_out=why)

    def _environment(self, lets: Mapping[str, Expression]) -> cel.Env:
        from cel_expr_python import cel  # only where a condition is compiled
        from cel_expr_python.ext import ext_bindings, ext_optional, ext_strings

        types = {
            "bool": cel.Type.BOOL,
            "int": cel.Type.INT,
            "double": cel.Type.DOUBLE,
            "string": cel.Type.STRING,
            "list": cel.Type.List(cel.Type.DYN),
        }
        variables = {name: types[signature] for name, signature in self._types.items()}
        variables["row"] = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
        variables["now"] = cel.Type.TIMESTAMP
        variables |= {name: let.program.return_type() for name, let in lets.items()}
        overloads = [
            cel.Overload(
                f"lookup_string_{key.name().lower()}",
                cel.Type.DYN,
                [cel.Type.STRING, key],
                is_member=False,
                impl=self._lookups.find,
            )
            for key in (cel.Type.STRING, cel.Type.INT)
        ]
        return cel.NewEnv(
            variables=variables,
            extensions=[
                ext_optional.ExtOptional(),
                ext_strings.ExtStrings(),
                ext_bindings.ExtBindings(),
            ],
            functions=[cel.FunctionDecl("lookup", overloads)],
        )


def _note(name: str, value: Any, known: dict[str, Any], unknown: dict[str, NotEvaluable]) -> None:
    """Make the value of a parameter known, or why it has none."""
    full = f"params.{name}"
    if isinstance(value, NotEvaluable):
        known.pop(full, None)
        unknown[name] = value
    else:
        known[full] = value


def shared_variables(parameters: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Give what is the same for every row: the plain parameters and the moment."""
    return {"now": now} | {f"params.{name}": value for name, value in parameters.items()}


def _plain(found: cel.Value) -> Any:
    """Give a value that may be or hold null.

    The runtime's own ``plain_value()`` gives up a reference to ``None`` for each null it gives
    out (cel-expr-python 0.1.3). Python 3.11 ends the process when it has given up all of them.
    """
    match found.type().name().partition("<")[0]:
        case "NULL":
            return None
        case "LIST":
            return [_plain(one) for one in found.value()]
        case "MAP":
            return {key: _plain(one) for key, one in found.value().items()}
        case _:
            return found.plain_value()


_NEVER_NULL = {"BOOL", "INT", "UINT", "DOUBLE", "STRING", "TIMESTAMP", "DURATION"}
"""Types of expressions that yield such a value or an error, and never null."""

# -- what the runtime says --------------------------------------------------------------------

_CEL_TYPES = {
    "duration": "int",
    "integer": "int",
    "number": "double",
    "string": "string",
    "boolean": "bool",
    "list": "list",
}
_PROBLEM = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_ABSENT_KEY = re.compile(r"NOT_FOUND: Key not found in map : (.*)", re.DOTALL)
_ABSENT_NAME = re.compile(r'UNKNOWN: No value with name "(.*)" found in Activation')
_STATUS = re.compile(r"^[A-Z_]+: | \[[A-Z_]+\]$")
_CONTAINER = re.compile(r" \(in container '.*'\)$")


def _compiled(env: cel.Env, text: str) -> cel.Expression:
    try:
        return env.compile(text)
    except RuntimeError as cause:
        raise ExpressionError(_problems(str(cause))) from None


def _problems(said: str) -> list[tuple[int, int, str]]:
    found = [
        (int(line), int(column), _CONTAINER.sub("", message))
        for line, column, message in _PROBLEM.findall(said)
    ]
    if not found:
        return [(1, 1, _plainly(_first_line(said)))]
    # What follows from a problem that is told already would only confuse.
    if syntax := [one for one in found if one[2].startswith("Syntax error")]:
        return syntax[:1]
    return [one for one in found if "*error*" not in one[2]] or found


def _plainly(error: str) -> str:
    return _STATUS.sub("", error)


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else "it cannot be evaluated"


def _unquoted(key: str) -> str:
    try:
        return str(json.loads(key))
    except ValueError:
        return key.strip('"')


def _where_absent(path: Path, key: str, row: Any) -> str | None:
    """Give the dotted path down to ``key`` where following ``path`` first fails at it."""
    value = row
    for depth, step in enumerate(path):
        if isinstance(value, dict) and step not in value:
            return dotted(path[: depth + 1]) if step == key else None
        if not isinstance(value, dict):
            # Beyond a list the elements differ; the path itself names the key well enough.
            return dotted(path[: path.index(key, depth) + 1]) if key in path[depth:] else None
        value = value[step]
    return None


def _short_for(let: Expression) -> Path | None:
    return path_of(let.tree.root, let.scope)


def _used(tree: CheckedExpression, lets: Mapping[str, Expression]) -> list[str]:
    """Name the lets an expression rests on, each after those it rests on itself."""
    roots = {read.path[0] for read in reads(tree)}
    wanted = roots & set(lets)
    for name in reversed(list(lets)):
        if name in wanted:
            wanted |= {read.path[0] for read in reads(lets[name].tree)} & set(lets)
    return [name for name in lets if name in wanted]
