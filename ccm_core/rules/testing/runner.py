"""Runs the tests that ship with a pack's rules, and finds those that are missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ccm_core import documents
from ccm_core.errors import Mistake
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.result import KindSufficiency, RuleResult, Status, deciding
from ccm_core.model.evaluation.rule import Parameter, Rule, RuleTest, Severity
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import thawed
from ccm_core.model.json_codec import JsonObject, encode
from ccm_core.rules.cel.expression import Expression, ExpressionError
from ccm_core.rules.cel.lookup_function import LookupRecord
from ccm_core.rules.evaluate.evaluator import evaluate
from ccm_core.rules.evaluate.sufficiency import assess_sufficiency
from ccm_core.rules.pack.compiled import CompiledPack, CompiledPacks, CompiledRule
from ccm_core.rules.pack.conditional_parameters import (
    ParameterOverrides,
    parameter_overrides,
    read_overrides,
)
from ccm_core.rules.types import Facts, PackText
from ccm_core.sdk.evidence_kind import Shape
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.view import Row

_NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
"""The moment of a test that names none."""
_CADENCE = timedelta(hours=1)
_LOOKBACK, _LOOKAHEAD = timedelta(days=30), timedelta(days=14)
"""The evaluated period of a test, before and after its moment; longer where its rule needs more."""
_CONNECTION = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """How one test of one rule went."""

    pack: str
    rule: str
    test: str
    expected: str
    actual: str
    reason: str
    """Of the rule's worst result."""

    @property
    def passed(self) -> bool:
        """Whether the rule had the expected status."""
        return self.expected == self.actual


def run_cases(packs: CompiledPacks) -> tuple[CaseResult, ...]:
    """Run every test of every rule: an unexpected pass is as wrong as an unexpected failure."""
    return tuple(
        run_case(packs, pack.pack.name, rule, test)
        for pack in packs.packs
        for group in pack.groups
        for rule in group.rules
        for test in rule.rule.tests
    )


def coverage_mistakes(pack_text: PackText, packs: CompiledPacks) -> tuple[Mistake, ...]:
    """Return a mistake for each rule without a passing, a failing or an insufficient test.

    Only a test that passes counts. A rule that supports no control is a mistake too, unless it only
    informs.
    """
    document = documents.read_yaml(pack_text.text, pack_text.source)
    covered = {(case.rule, case.expected) for case in run_cases(packs) if case.passed}
    return tuple(
        document.mistake(("rules", index, "id"), message)
        for pack in packs.packs
        if pack.pack.source == pack_text.source
        for index, rule in enumerate(pack.pack.rules)
        for message in _missing(rule, covered)
    )


def _missing(rule: Rule, covered: set[tuple[str, str]]) -> Iterator[str]:
    for status in (Status.PASS, Status.FAIL, Status.INSUFFICIENT):
        if (rule.id, status) not in covered:
            yield f"{rule.id} has no passing test that expects {status}"
    if not rule.controls and rule.severity is not Severity.INFORMATIONAL:
        yield f"{rule.id} supports no control; add one under controls"


def run_case(packs: CompiledPacks, name: str, rule: CompiledRule, test: RuleTest) -> CaseResult:
    """Run one test of one rule of a pack, by the pack's name."""
    pack = next(compiled for compiled in packs.packs if compiled.pack.name == name)
    case = CaseResult(
        pack=pack.pack.name,
        rule=rule.rule.id,
        test=test.name,
        expected=test.expect,
        actual="",
        reason="",
    )
    try:
        alone = _with_parameters(pack.with_only(rule), test.params)
    except ExpressionError as cause:
        return replace(case, actual=Status.ERROR.value, reason=str(cause))
    now = parse_instant(test.now) if test.now else _NOW
    facts = _facts(packs, rule, test, now)
    result = evaluate(replace(packs, packs=(alone,)), [facts], now=now).rules[0]
    return replace(case, actual=result.status.value, reason=_reason(result))


def _reason(rule: RuleResult) -> str:
    deciders = deciding(rule.results)
    return next(result.reason for result in deciders if result.status is rule.status)


def _with_parameters(pack: CompiledPack, raw: JsonObject) -> CompiledPack:
    by_name = {parameter.name: parameter for parameter in pack.pack.parameters}
    values: JsonObject = {}
    overrides: dict[str, ParameterOverrides] = {}
    conditions: dict[str, dict[str, Expression]] = {}
    for name, value in raw.items():
        parameter = by_name[name]
        if parameter.type == "condition":
            compiled = _condition(pack, parameter, value)
            conditions.setdefault(parameter.over or "", {}).update(compiled)
        else:
            versions = read_overrides(parameter, value)
            values[name] = versions[0].value
            if override := parameter_overrides(parameter, versions):
                overrides[name] = override
    return pack.with_values(raw, values, conditions, overrides)


def _condition(pack: CompiledPack, parameter: Parameter, text: str) -> dict[str, Expression]:
    """Compile a condition parameter for the rules that can read it: none over other rows."""
    over = parameter.over
    environment = next((group.environment for group in pack.groups if group.over == over), None)
    return {parameter.name: environment.compile(text)} if environment else {}


# -- made-up evidence -------------------------------------------------------------------------


def _facts(packs: CompiledPacks, rule: CompiledRule, test: RuleTest, now: datetime) -> Facts:
    over = rule.rule.over
    kinds = sorted({*packs.inputs[over], *rule.lookup_kinds})
    rule_limit = rule.max_age

    def sufficiency(kind: str, max_age: timedelta | None = rule_limit) -> KindSufficiency:
        return _sufficiency(kind, test.evidence.get(kind), now, max_age)

    return Facts(
        connection=_CONNECTION,
        rows={over: [_row(over, index, thawed(body)) for index, body in enumerate(test.rows)]},
        inputs={over: packs.inputs[over]},
        sufficiency={kind: sufficiency(kind) for kind in kinds},
        lookup_records=_records(test.lookups),
        reassess=sufficiency,
        period_start=now - max(_LOOKBACK, rule.period or _LOOKBACK),
        period_end=now + max(_LOOKAHEAD, rule.ahead or _LOOKAHEAD),
    )


def _row(over: str, index: int, body: JsonObject) -> Row:
    key = f"row-{index + 1}"
    subject = Subject(kind=over, key=key, title=key)
    return Row(
        subject=subject,
        body=body,
        evidence_digests=(digest(encode(body)),),
        occurred_at=_occurred_at(body),
    )


def _occurred_at(body: JsonObject) -> datetime | None:
    try:
        return parse_instant(body["occurred_at"])
    except (KeyError, TypeError, ValueError):
        return None


def _records(lookups: Mapping[str, JsonObject]) -> dict[str, dict[str, LookupRecord]]:
    records: dict[str, dict[str, LookupRecord]] = {}
    for name, body in lookups.items():
        kind, _, key = name.partition(":")
        records.setdefault(kind, {})[key] = LookupRecord(
            body=thawed(body), digest=digest(encode(body))
        )
    return records


def _sufficiency(
    kind: str, state: str | None, now: datetime, max_age: timedelta | None
) -> KindSufficiency:
    limit = max_age or 2 * _CADENCE
    age = limit + _CADENCE if state == "stale" else timedelta(0)
    outcome = Outcome.COMPLETE if state in (None, "stale", "missing") else Outcome(state)
    collections: Sequence[Collection] = (
        () if state == "missing" else [_collection(kind, outcome, now - age)]
    )
    return assess_sufficiency(
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
    shortfalls = (
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
        shortfalls=shortfalls,
    )
