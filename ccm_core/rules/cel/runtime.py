"""The CEL runtime: the one place that sets it up, with its extensions and functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ccm_core.rules.cel import interval_functions
from ccm_core.rules.cel.runtime_errors import NOT_IN_EVIDENCE

if TYPE_CHECKING:
    from cel_expr_python import cel

Find: TypeAlias = Callable[[str, "str | int"], Any]
"""Returns the body of a record by kind and key. Raises LookupError."""


def find_nothing(kind: str, key: str | int) -> Any:
    """Look up without records, as a compiled condition does until an evaluation binds it.

    Raises:
        LookupError: Always: a condition that is not bound is insufficient.
    """
    raise LookupError(f"{NOT_IN_EVIDENCE}no {kind} {key}: no records were handed to the rule")


def new_environment(variables: Mapping[str, cel.Type], find: Find) -> cel.Env:
    """Return an environment whose programs read some variables, and look records up."""
    from cel_expr_python import cel  # only where a condition is compiled
    from cel_expr_python.ext import ext_bindings, ext_optional, ext_strings

    overloads = [
        cel.Overload(
            f"lookup_string_{key.name().lower()}",
            cel.Type.DYN,
            [cel.Type.STRING, key],
            is_member=False,
            impl=find,
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
        functions=[
            cel.FunctionDecl("lookup", overloads),
            *interval_functions.declarations(),
        ],
    )
