"""Runs the tests that ship with a pack's rules, and says which are missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ccm_core import documents
from ccm_core.errors import Mistake
from ccm_core.model.evaluation.result import KindSufficiency, RuleResult, Status, deciding
from ccm_core.model.evaluation.rule import Parameter, Rule, RuleTest
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.model.json_codec import JsonObject, digest, encode
from ccm_core.rules.cel.expression import Expression, ExpressionError
from ccm_core.rules.evaluate.evaluator import evaluate
from ccm_core.rules.evaluate.sufficiency import standing
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks, CompiledRule
from ccm_core.rules.pack.parameter_overrides import (
    ParameterOverrides,
    parameter_overrides,
    read_overrides,
)
from ccm_core.rules.types import Facts, LookupRecord, PackText
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import Row, Shape

_NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
"""The moment of a test that names none."""
_CADENCE = timedelta(hours=1)
_CONNECTION = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """How one test of one rule went."""

    pack: str
    rule: str
    test: str
    expected: str
    got: str
    reason: str
    """Of the worst result the rule gave."""

    @property
    def good(self) -> bool:
        """Whether the rule gave just what was expected."""
        return self.expected == self.got


def run_cases(packs: CompiledPacks) -> tuple[CaseResult, ...]:
    """Run every test of every rule: an unexpected pass is as wrong as an unexpected failure."""
    return tuple(
        run_case(packs, pack.pack.name, one, test)
        for pack in packs.packs
        for group in pack.groups
        for one in group.rules
        for test in one.rule.tests
    )


def coverage_mistakes(given: PackText, packs: CompiledPacks) -> tuple[Mistake, ...]:
    """Tell which rules of a pack lack a passing, a failing or an insufficient test.

    Only a test that comes out as it expects counts. A rule that supports no control is told too.
    """
    document = documents.read_yaml(given.text, given.source)
    good = {(one.rule, one.expected) for one in run_cases(packs) if one.good}
    return tuple(
        document.mistake(("rules", index, "id"), message)
        for pack in packs.packs
        if pack.pack.source == given.source
        for index, rule in enumerate(pack.pack.rules)
        for message in _lacks(rule, good)
    )


def _lacks(rule: Rule, good: set[tuple[str, str]]) -> Iterator[str]:
    for status in (Status.PASS, Status.FAIL, Status.INSUFFICIENT):
        if (rule.id, status) not in good:
            yield f"{rule.id} has no test that comes out as {status}"
    if not rule.controls:
        yield f"{rule.id} supports no control; name one under controls"


def run_case(packs: CompiledPacks, name: str, one: CompiledRule, test: RuleTest) -> CaseResult:
    """Run one test of one rule of a pack, by the pack's name."""
    pack = next(each for each in packs.packs if each.pack.name == name)
    case = CaseResult(
        pack=pack.pack.name,
        rule=one.rule.id,
        test=test.name,
        expected=test.expect,
        got="",
        reason="",
    )
    try:
        alone = _with_parameters(pack.only(one), test.params)
    except ExpressionError as cause:
        return replace(case, got=Status.ERROR.value, reason=str(cause))
    now = parse_instant(test.now) if test.now else _NOW
    found = evaluate(
        replace(packs, packs=(alone,)), [_facts(packs, one, test, now)], now=now
    ).rules[0]
    return replace(case, got=found.status.value, reason=_reason(found))


def _reason(found: RuleResult) -> str:
    decide = deciding(found.results)
    return next(one.reason for one in decide if one.status is found.status)


def _with_parameters(pack: CompiledPack, written: JsonObject) -> CompiledPack:
    by_name = {one.name: one for one in pack.pack.parameters}
    values: JsonObject = {}
    varying: dict[str, ParameterOverrides] = {}
    conditions: dict[str, dict[str, Expression]] = {}
    for name, value in written.items():
        one = by_name[name]
        if one.type == "condition":
            conditions.setdefault(one.over or "", {}).update(_condition(pack, one, value))
        else:
            changes = read_overrides(one, value)
            values[name] = changes[0].value
            if found := parameter_overrides(one, changes):
                varying[name] = found
    return pack.with_values(written, values, conditions, varying)


def _condition(pack: CompiledPack, one: Parameter, text: str) -> dict[str, Expression]:
    """Compile a condition parameter for the rules that can read it: none over other rows."""
    environment = next((group.environment for group in pack.groups if group.over == one.over), None)
    return {one.name: environment.compile(text)} if environment else {}


# -- made-up evidence -------------------------------------------------------------------------


def _facts(packs: CompiledPacks, one: CompiledRule, test: RuleTest, now: datetime) -> Facts:
    kinds = sorted({*packs.inputs[one.rule.over], *one.looked_up})
    limit = one.max_age

    def stands(kind: str, max_age: timedelta | None = limit) -> KindSufficiency:
        return _standing(kind, test.evidence.get(kind), now, max_age)

    return Facts(
        connection=_CONNECTION,
        rows={one.rule.over: [_row(one.rule.over, n, body) for n, body in enumerate(test.rows)]},
        inputs={one.rule.over: packs.inputs[one.rule.over]},
        sufficiency={kind: stands(kind) for kind in kinds},
        lookup=_records(test.lookups),
        restated=stands,
    )


def _row(over: str, number: int, body: JsonObject) -> Row:
    key = f"row-{number + 1}"
    subject = Subject(kind=over, key=key, title=key)
    return Row(subject=subject, body=body, evidence_digests=(digest(encode(body)),))


def _records(lookups: Mapping[str, JsonObject]) -> dict[str, dict[str, LookupRecord]]:
    found: dict[str, dict[str, LookupRecord]] = {}
    for name, body in lookups.items():
        kind, _, key = name.partition(":")
        found.setdefault(kind, {})[key] = LookupRecord(body=body, digest=digest(encode(body)))
    return found


def _standing(
    kind: str, how: str | None, now: datetime, max_age: timedelta | None
) -> KindSufficiency:
    limit = max_age or 2 * _CADENCE
    age = limit + _CADENCE if how == "stale" else timedelta(0)
    outcome = Outcome.COMPLETE if how in (None, "stale", "missing") else Outcome(how)
    collections: Sequence[Collection] = (
        () if how == "missing" else [_collection(kind, outcome, now - age)]
    )
    return standing(
        collections,
        kind=kind,
        shape=Shape.SNAPSHOT,
        cadence=_CADENCE,
        period=Window(now - timedelta(days=1), now),
        now=now,
        connection=_CONNECTION,
        max_age=limit,
    )


def _collection(kind: str, outcome: Outcome, at: datetime) -> Collection:
    falls = (
        ()
        if outcome is Outcome.COMPLETE
        else (Shortfall(reason=Reason.SOURCE_ERROR, detail="as the test says"),)
    )
    return Collection(
        id=f"{kind} at {at}",
        run=_CONNECTION,
        connection=_CONNECTION,
        kind=kind,
        version=1,
        started_at=at,
        ended_at=at,
        outcome=outcome,
        shortfalls=falls,
    )
