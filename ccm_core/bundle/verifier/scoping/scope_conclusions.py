"""What is concluded of the scope of a framework over a period: what it was and left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ccm_core.bundle.verifier.concluding.items import items_named
from ccm_core.bundle.verifier.evaluations import History, ScopedHistory
from ccm_core.bundle.verifier.scope import Scope


def scopes_of(controls: Iterable[str], scope: Scope, history: History) -> Iterator[dict[str, Any]]:
    """Yield each scope of the frameworks of some controls."""
    rules: dict[str, set[str]] = {}
    for name in controls:
        needs: Sequence[Any] = scope.needs.get(name, ())
        rules.setdefault(name.partition(":")[0], set()).update(need.rule for need in needs)
    for framework in sorted(rules.keys() & history.scopes.keys()):
        yield scope_assurance(framework, rules[framework], history)


def concluded_items(
    history: History, rule: str, connection: str, frameworks: Collection[str]
) -> set[str]:
    """Return the items of a rule that controls of some frameworks conclude on, by name."""
    populations = [
        items.population
        for part in map(history.of_framework, frameworks)
        for items in [part.items.get((rule, connection))]
        if items is not None
    ]
    return set().union(*populations)


def scope_assurance(framework: str, rules: Collection[str], history: History) -> dict[str, Any]:
    """Return what a scope was, and how many items of some rules are in it."""
    part = history.scopes[framework]
    inside = items_named(rules, part.history)
    every = items_named(rules, history)
    named = len(inside & part.named)
    return {
        "framework": framework,
        "stated": list(statements(part)),
        "items": len(inside),
        "items_named": named,
        "items_outside": len(every - inside),
        "problem": scope_problem(len(inside), named, len(every & part.left_out)),
    }


def statements(part: ScopedHistory) -> Iterator[Mapping[str, Any]]:
    """Yield each scope that was stated, with the first and the last evaluation that did."""
    for words in sorted(part.stated, key=lambda name: (part.stated[name].first, name)):
        stretch = part.stated[words]
        yield {
            "scope": words,
            "since": stretch.first,
            "until": stretch.last,
            "evaluations": stretch.evaluations,
        }


def scope_problem(inside: int, named: int, outside: int) -> str:
    """Return what a scope does that left out nothing, or all that it speaks of; empty: neither."""
    if not inside + outside:
        return ""
    if not outside:
        return f"leaves nothing out: all {inside} items are in it"
    if not named:
        return f"matches nothing: outside of it are {outside} items, and it names none"
    return ""
