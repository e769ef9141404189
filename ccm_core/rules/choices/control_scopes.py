"""What the scopes of frameworks make of rules and controls: statuses, numbers and words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ccm_core.model.evaluation.framework_scope import FrameworkScope
from ccm_core.model.evaluation.result import ControlScope, RuleResult, Status


def status_in_scope(rule: RuleResult, framework: str) -> Status | None:
    """Return the status of a rule for a framework: of what is in scope; None: nothing is."""
    scoped = (one for one in rule.scoped if one.framework == framework)
    return next((one.status for one in scoped), rule.status)


def control_scope(rules: Iterable[RuleResult], framework: str) -> ControlScope:
    """Return how many rows of some rules are in scope; those of one view are the same."""
    inside, outside = Counter[str](), Counter[str]()
    for rule in rules:
        scoped = next((one for one in rule.scoped if one.framework == framework), None)
        if scoped is not None:
            inside[rule.over] = max(inside[rule.over], scoped.population.total)
            outside[rule.over] = max(outside[rule.over], scoped.outside)
    return ControlScope(inside=inside.total(), outside=outside.total())


def useless_scopes(scopes: Iterable[FrameworkScope], rules: Iterable[RuleResult]) -> Iterator[str]:
    """Yield the scopes that leave out nothing, or everything that they speak of, in words."""
    listed = list(rules)
    for scope in scopes:
        if 0 in _matched_and_outside(scope, listed):
            yield from scope_texts([scope], listed)


def _matched_and_outside(scope: FrameworkScope, rules: Iterable[RuleResult]) -> tuple[int, int]:
    """Return how many rows a scope names and how many it leaves out; of each view once."""
    matched, outside = Counter[str](), Counter[str]()
    for rule in rules:
        for one in rule.scoped:
            if one.framework == scope.framework:
                matched[rule.over] = max(matched[rule.over], one.matched)
                outside[rule.over] = max(outside[rule.over], one.outside)
    return matched.total(), outside.total()


def scope_texts(scopes: Iterable[FrameworkScope], rules: Iterable[RuleResult]) -> Iterator[str]:
    """Yield how much each scope leaves out, in words: loudly where that is all or nothing."""
    listed = list(rules)
    for scope in scopes:
        name, (inside, left) = scope.framework, _matched_and_outside(scope, listed)
        if not left:
            yield f"the scope of {name} leaves nothing out: it matches all of {inside:,} rows"
        elif not inside:
            yield f"the scope of {name} matches nothing: outside of it are {left:,} rows"
        else:
            yield f"outside the scope of {name}: {left:,} rows; inside: {inside:,}"
