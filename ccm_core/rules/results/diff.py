"""What other rules would have said: two evaluations of the same evidence, side by side. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from ccm_core.model.evaluation.result import Evaluation, Result, RuleResult
from ccm_core.model.evaluation.rule import Rule
from ccm_core.rules.pack.compiled import CompiledPacks


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDifference:
    """One subject of which the rules say something else."""

    id: str
    connection: str
    kind: str
    key: str
    title: str
    before: str | None
    """The status; None where nothing was said of it."""
    after: str | None
    reason: str
    """Of the later result, or of the earlier one where there is no later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDifference:
    """One rule that differs, by what it is or by what it says."""

    rule: str
    before: str | None
    """Its status; None where there was no such rule."""
    after: str | None
    changed: tuple[str, ...]
    """What of its text differs, as the pack calls it; empty for a rule that came or went."""
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
    """A control that stands differently."""

    framework: str
    id: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetComparison:
    """Everything that differs; what is the same is left out."""

    parameters: tuple[ParameterDifference, ...]
    rules: tuple[RuleDifference, ...]
    controls: tuple[ControlDifference, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.parameters or self.rules or self.controls)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonSide:
    """Rules, and what they say."""

    packs: CompiledPacks
    evaluation: Evaluation


def compare(before: ComparisonSide, after: ComparisonSide) -> RuleSetComparison:
    """Compare what two sets of rules say of the same evidence at the same moment."""
    return RuleSetComparison(
        parameters=tuple(_parameters(before.packs, after.packs)),
        rules=tuple(_rules(before, after)),
        controls=tuple(_controls(before.evaluation, after.evaluation)),
    )


def _parameters(before: CompiledPacks, after: CompiledPacks) -> Iterator[ParameterDifference]:
    one, other = _values(before), _values(after)
    for name in sorted(one.keys() | other.keys()):
        if one.get(name) != other.get(name):
            yield ParameterDifference(
                pack=name[0], name=name[1], before=one.get(name), after=other.get(name)
            )


def _values(packs: CompiledPacks) -> dict[tuple[str, str], object]:
    return {
        (pack.pack.name, name): value
        for pack in packs.packs
        for name, value in pack.effective.items()
    }


def _rules(before: ComparisonSide, after: ComparisonSide) -> Iterator[RuleDifference]:
    texts = [{one.id: one for one in _texts(side.packs)} for side in (before, after)]
    said = [{one.rule: one for one in side.evaluation.rules} for side in (before, after)]
    for name in sorted(said[0].keys() | said[1].keys()):
        one, other = (each.get(name) for each in said)
        found = RuleDifference(
            rule=name,
            before=one.status.value if one else None,
            after=other.status.value if other else None,
            changed=tuple(_changed(texts[0].get(name), texts[1].get(name))),
            results=tuple(_results(one, other)),
        )
        if found.changed or found.results or found.before != found.after:
            yield found


def _texts(packs: CompiledPacks) -> Iterator[Rule]:
    for pack in packs.packs:
        yield from pack.pack.rules


def _changed(before: Rule | None, after: Rule | None) -> Iterator[str]:
    if before is None or after is None:
        return
    for one in fields(Rule):
        if getattr(before, one.name) != getattr(after, one.name):
            yield {"assertion": "assert"}.get(one.name, one.name)


def _results(before: RuleResult | None, after: RuleResult | None) -> Iterator[ResultDifference]:
    one, other = _by_id(before), _by_id(after)
    for name in sorted(one.keys() | other.keys(), key=lambda each: _place(one, other, each)):
        then, now = one.get(name), other.get(name)
        if (then.status if then else None) == (now.status if now else None):
            continue
        shown = now or one[name]
        yield ResultDifference(
            id=name,
            connection=shown.connection,
            kind=shown.subject.kind,
            key=shown.subject.key,
            title=shown.subject.title,
            before=then.status.value if then else None,
            after=now.status.value if now else None,
            reason=shown.reason,
        )


def _by_id(rule: RuleResult | None) -> Mapping[str, Result]:
    return {one.id: one for one in rule.results} if rule else {}


def _place(
    one: Mapping[str, Result], other: Mapping[str, Result], name: str
) -> tuple[str, str, str]:
    shown = other.get(name) or one[name]
    return (shown.connection, shown.subject.kind, shown.subject.key)


def _controls(before: Evaluation, after: Evaluation) -> Iterator[ControlDifference]:
    one, other = (
        {(each.framework, each.id): each.status.value for each in evaluation.controls}
        for evaluation in (before, after)
    )
    for name in sorted(one.keys() | other.keys()):
        if one.get(name) != other.get(name):
            yield ControlDifference(
                framework=name[0], id=name[1], before=one.get(name), after=other.get(name)
            )
