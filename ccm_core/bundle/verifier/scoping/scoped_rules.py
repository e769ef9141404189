"""What an evaluation states of a rule for a framework: of what is in its scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ccm_core.bundle.verifier.counting.period_items import (
    WHOLE,
)
from ccm_core.bundle.verifier.scoping.framework_scopes import FrameworkScopes


def supports(rule: Mapping[str, Any], framework: str) -> bool:
    """Return whether a rule supports a control of a framework."""
    return any(control["framework"] == framework for control in rule["controls"])


def stated_scope(evaluation: Mapping[str, Any], framework: str) -> Mapping[str, Any] | None:
    """Return the scope of a framework in an evaluation; None: everything is in scope."""
    scopes = (scope for scope in evaluation["scopes"] if scope["framework"] == framework)
    return next(scopes, None)


def active_letter(scopes: FrameworkScopes, scope: Mapping[str, Any] | None) -> int | None:
    """Return which letter of rows tells what a scope leaves out; None: it leaves out nothing.

    A scope that is not among the scopes leaves out nothing either: nothing is known to be outside.
    """
    if scope is None:
        return None
    return next((index for index, known in enumerate(scopes) if known == scope), None)


def scoped_rule(rule: Mapping[str, Any], framework: str) -> Mapping[str, Any]:
    """Return what an evaluation states of a rule for a framework, in the form of a rule.

    Its results are those on whole connections, shares, and objects behind no row.
    """
    scoped = next((part for part in rule["scoped"] if part["framework"] == framework), None)
    if scoped is None:
        return rule
    waivers = {result["id"]: result["waiver"] for result in rule["results"]}
    population = {name: scoped["population"][name] for name in scoped["population"]}
    del population["waived"]  # which of them are waived is not counted
    return {
        **rule,
        "status": scoped["status"],
        "population": population,
        "results": [
            {**result, "waiver": waivers.get(result["id"])} for result in scoped["results"]
        ],
    }


def results_on_rows(
    rule: Mapping[str, Any],
    stated: Sequence[Mapping[str, Any]],
    is_outside: Callable[[Mapping[str, Any]], bool],
) -> Iterator[Mapping[str, Any]]:
    """Yield the results on single rows that are in the document, and not known to be outside.

    Args:
        rule: As an evaluation of a past moment states it.
        stated: What it states of what is in scope beside them.
        is_outside: Whether a result is on a row that is known to be outside of the scope.
    """
    known = {result["id"] for result in stated}
    for result in rule["results"]:
        is_row = result["subject"]["kind"] not in WHOLE and result["id"] not in known
        if is_row and not is_outside(result):
            yield result
