"""Compares two evaluations of the same evidence by different rules. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from ccm_core.model.evaluation.result import Evaluation, Result, RuleResult
from ccm_core.model.evaluation.rule import Rule
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.rules.pack.compiled import CompiledPacks


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDifference:
    """One subject whose result differs."""

    id: str
    connection: str
    kind: str
    key: str
    title: str
    before: str | None
    """The status; None where it has no result."""
    after: str | None
    reason: str
    """Of the later result, or of the earlier one where there is no later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDifference:
    """One rule that differs, in its text or in its results."""

    rule: str
    before: str | None
    """Its status; None where there was no such rule."""
    after: str | None
    changed: tuple[str, ...]
    """The keys of the pack whose values differ; empty for a rule that was added or removed."""
    results: tuple[ResultDifference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterDifference:
    """A parameter whose value differs, or that one side does not have."""

    pack: str
    name: str
    before: object
    after: object


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlDifference:
    """A control whose status differs."""

    framework: str
    id: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetComparison:
    """All differences between two sets of rules."""

    parameters: tuple[ParameterDifference, ...]
    rules: tuple[RuleDifference, ...]
    controls: tuple[ControlDifference, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.parameters or self.rules or self.controls)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonSide:
    """Rules, and their evaluation."""

    packs: CompiledPacks
    evaluation: Evaluation


def compare(before: ComparisonSide, after: ComparisonSide) -> RuleSetComparison:
    """Compare two evaluations of the same evidence at the same moment."""
    return RuleSetComparison(
        parameters=tuple(_parameters(before.packs, after.packs)),
        rules=tuple(_rules(before, after)),
        controls=tuple(_controls(before.evaluation, after.evaluation)),
    )


def _parameters(before: CompiledPacks, after: CompiledPacks) -> Iterator[ParameterDifference]:
    old, new = _values(before), _values(after)
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield ParameterDifference(
                pack=name[0], name=name[1], before=old.get(name), after=new.get(name)
            )


def _values(packs: CompiledPacks) -> dict[tuple[str, str], object]:
    return {
        (pack.pack.name, name): value
        for pack in packs.packs
        for name, value in pack.effective.items()
    }


def _rules(before: ComparisonSide, after: ComparisonSide) -> Iterator[RuleDifference]:
    old_rules, new_rules = _rules_by_id(before.packs), _rules_by_id(after.packs)
    old_results, new_results = (
        {rule.rule: rule for rule in side.evaluation.rules} for side in (before, after)
    )
    for name in sorted(old_results.keys() | new_results.keys()):
        old, new = old_results.get(name), new_results.get(name)
        difference = RuleDifference(
            rule=name,
            before=old.status.value if old else None,
            after=new.status.value if new else None,
            changed=tuple(_changed_keys(old_rules.get(name), new_rules.get(name))),
            results=tuple(_results(old, new)),
        )
        if difference.changed or difference.results or difference.before != difference.after:
            yield difference


def _rules_by_id(packs: CompiledPacks) -> Mapping[str, Rule]:
    return {rule.id: rule for pack in packs.packs for rule in pack.pack.rules}


def _changed_keys(before: Rule | None, after: Rule | None) -> Iterator[str]:
    if before is None or after is None:
        return
    for attribute in fields(Rule):
        if getattr(before, attribute.name) != getattr(after, attribute.name):
            yield {"assertion": "assert"}.get(attribute.name, attribute.name)


def _results(before: RuleResult | None, after: RuleResult | None) -> Iterator[ResultDifference]:
    old_results, new_results = _by_id(before), _by_id(after)
    latest = {**old_results, **new_results}
    for name, result in sorted(latest.items(), key=lambda entry: _sort_key(entry[1])):
        old, new = old_results.get(name), new_results.get(name)
        if (old.status if old else None) == (new.status if new else None):
            continue
        yield ResultDifference(
            id=name,
            connection=result.connection,
            kind=result.subject.kind,
            key=result.subject.key,
            title=result.subject.title,
            before=old.status.value if old else None,
            after=new.status.value if new else None,
            reason=result.reason,
        )


def _by_id(rule: RuleResult | None) -> Mapping[str, Result]:
    return {result.id: result for result in rule.results} if rule else {}


def _sort_key(result: Result) -> tuple[str, str, str]:
    return (result.connection, result.subject.kind, result.subject.key)


def _controls(before: Evaluation, after: Evaluation) -> Iterator[ControlDifference]:
    old, new = (
        {(control.framework, control.id): control.status.value for control in evaluation.controls}
        for evaluation in (before, after)
    )
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield ControlDifference(
                framework=name[0], id=name[1], before=old.get(name), after=new.get(name)
            )
