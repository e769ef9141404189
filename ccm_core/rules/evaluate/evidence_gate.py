"""Decides what a rule may rely on for one connection, before any condition runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field, replace
from datetime import datetime
from types import MappingProxyType

from ccm_core.model.evaluation.result import KindSufficiency, Status
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.collection import Outcome, is_denied
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.rules.evaluate.freshness import older_than_rule_allows
from ccm_core.rules.pack.compiled import CompiledRule, RowEvaluation
from ccm_core.rules.types import Facts
from ccm_core.sdk.timestamps import format_duration
from ccm_core.sdk.view import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class UnevaluatedObjects:
    """Objects whose evidence is incomplete and that no row was derived from."""

    members: Sequence[tuple[Subject, str]] = ()
    """Those that have no row because of that, each with the reason."""
    others: str | None = None
    """Why rows may be missing or wrong because of all others; None: there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """Why a field of rows is withheld: the optional kind that it rests on does not suffice."""

    reason: str
    accepted: bool = False
    """Whether it is accepted that the kind is not available: then what depends on the field is not
    applicable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceGate:
    """How far one rule may rely on one connection's evidence."""

    problems: tuple[str, ...] = ()
    """Why the rule cannot be evaluated on any row."""
    accepted: tuple[str, ...] = ()
    """Why it does not apply at all: evidence is not available, and that is accepted."""
    incomplete_objects: Mapping[str, str] = field(default_factory=dict)
    """Why the evidence of an object is incomplete, by ``kind:key``, where that of others is not."""
    unlisted: tuple[str, ...] = ()
    """Why objects may be missing, while those that were listed are sound: nothing passes."""
    fails_stand: bool = True
    """Whether a row that fails would also fail with the objects that may be missing."""
    rows_of: str | None = None
    """The kind that every row is about; None: rows may be about any."""
    withheld: Mapping[str, Withheld] = field(default_factory=dict)
    """Fields that no row has for the rule, so that what it decides stands for every value."""

    @property
    def evaluates_rows(self) -> bool:
        """Whether the rule can be evaluated on rows at all."""
        return not self.problems and not self.accepted

    def limit(self, evaluation: RowEvaluation) -> RowEvaluation:
        """Return what remains of a result on a row: what may be missing leaves no pass."""
        if not self.unlisted:
            return evaluation
        why = "; ".join(self.unlisted)
        if evaluation.status is Status.PASS:
            return RowEvaluation(status=Status.INSUFFICIENT, reason=why)
        if evaluation.status is Status.FAIL and not self.fails_stand:
            reason = f"it fails by what is visible, and what is not may change that: {why}"
            return RowEvaluation(status=Status.INSUFFICIENT, reason=reason)
        return evaluation

    def visible(self, row: Row) -> Row:
        """Return a row as the rule sees it: without withheld fields, whatever it shows of them."""
        if not self.withheld:
            return row
        body = {name: value for name, value in row.body.items() if name not in self.withheld}
        reasons = {name: withheld.reason for name, withheld in self.withheld.items()}
        return replace(row, body=body, unknown={**row.unknown, **reasons})

    def insufficiency(self, row: Row) -> str | None:
        """Return why the evidence of an object behind a row is incomplete; None where it is not."""
        if not self.incomplete_objects:
            return None
        reasons = [
            self.incomplete_objects[name]
            for name in sorted(object_names(row))
            if name in self.incomplete_objects
        ]
        return "; ".join(dict.fromkeys(reasons)) or None

    def unevaluated_objects(self, evaluated: AbstractSet[str]) -> UnevaluatedObjects:
        """Return the incomplete objects behind no row, which no rule evaluates.

        Args:
            evaluated: Those behind a row, as :func:`incomplete_behind_rows` returns them.
        """
        members: list[tuple[Subject, str]] = []
        others: list[tuple[str, str]] = []
        for name, reason in sorted(self.incomplete_objects.items()):
            subject = _subject(name)
            if name in evaluated:
                continue
            if self.rows_of in {None, subject.kind}:
                members.append((subject, reason))
            else:
                others.append((name, reason))
        return UnevaluatedObjects(members=tuple(members), others=_others(others))


def incomplete_behind_rows(gates: Iterable[EvidenceGate], rows: Iterable[Row]) -> AbstractSet[str]:
    """Return the incomplete objects of some rules that rows are about; else no row is read."""
    incomplete = {name for gate in gates for name in gate.incomplete_objects}
    if not incomplete:
        return frozenset()
    return {name for row in rows for name in object_names(row) if name in incomplete}


def evidence_gate(
    rule: CompiledRule,
    kinds: Iterable[str],
    facts: Facts,
    now: datetime,
    optional: Mapping[str, AbstractSet[str]] = MappingProxyType({}),
) -> EvidenceGate:
    """Decide what a rule may rely on.

    Args:
        rule: The rule.
        kinds: The evidence kinds that its rows are derived from.
        facts: The connection.
        now: The evaluation's moment.
        optional: Those of the kinds without which it may decide, each with the fields to withhold.
    """
    each = [_sufficiency(kind, rule, facts) for kind in sorted(set(kinds))]
    lacking = [
        kind
        for kind in each
        if kind.kind in optional and (kind.accepted or _problem(kind, rule, now))
    ]
    inputs = [kind for kind in each if kind not in lacking]
    lookups = [_sufficiency(kind, rule, facts) for kind in rule.lookup_kinds]
    needed = [*inputs, *lookups]
    problems = [
        problem
        for sufficiency in needed
        if not sufficiency.accepted and (problem := _problem(sufficiency, rule, now))
    ]
    problems.extend(_short_horizon(rule, facts, now))
    unlisted = [kind for kind in needed if kind.unlisted]
    # A lookup finds out by itself, record by record, whether evidence is missing.
    return EvidenceGate(
        problems=tuple(dict.fromkeys(problems)),
        accepted=tuple(_accepted(kind) for kind in needed if kind.accepted),
        incomplete_objects=incomplete_objects(inputs),
        unlisted=_unlisted(unlisted),
        fails_stand=_fails_stand(rule, facts, (kind.kind for kind in unlisted)),
        rows_of=facts.rows_of.get(rule.rule.over),
        withheld={name: _withheld(kind) for kind in lacking for name in optional[kind.kind]},
    )


def _withheld(kind: KindSufficiency) -> Withheld:
    """Return why fields are withheld, in words that are the same from hour to hour."""
    if kind.accepted:
        return Withheld(reason=_accepted(kind), accepted=True)
    if kind.outcome is None:
        return Withheld(reason=f"{kind.kind} was never collected")
    state = "not up to date" if kind.outcome is Outcome.COMPLETE else kind.outcome
    return Withheld(reason=f"{kind.kind} is {state}")


def _short_horizon(rule: CompiledRule, facts: Facts, now: datetime) -> Iterator[str]:
    """Yield a problem where the connection looks back or ahead less than the rule needs."""
    since, until = facts.period_start, facts.period_end
    spans = (
        ("back", "lookback", rule.period, None if since is None else now - since),
        ("ahead", "lookahead", rule.ahead, None if until is None else until - now),
    )
    for way, setting, needed, got in spans:
        if needed is not None and got is not None and got < needed:
            yield (
                f"{facts.connection} looks {way} {format_duration(got.total_seconds())}, and the "
                f"rule needs at least {format_duration(needed.total_seconds())}; raise "
                f"`{setting}` in the settings of the connection"
            )


def _unlisted(sufficiency: Iterable[KindSufficiency]) -> tuple[str, ...]:
    """Return why objects may be missing: each reason once, with the kinds that it concerns."""
    kinds: dict[str, list[str]] = {}
    for kind in sufficiency:
        for shortfall in kind.shortfalls:
            if shortfall.unlisted_only:
                kinds.setdefault(shortfall.statement, []).append(kind.kind)
    return tuple(
        f"{', '.join(dict.fromkeys(names))} {'is' if len(set(names)) == 1 else 'are'} partial "
        f"({reason})"
        for reason, names in kinds.items()
    )


def _fails_stand(rule: CompiledRule, facts: Facts, unlisted: Iterable[str]) -> bool:
    """Return whether no field that a rule reads could be changed by what may be missing."""
    missing = set(unlisted)
    if not missing:
        return True
    enumerated, fields = facts.enumerated.get(rule.rule.over), rule.conditions.fields_read
    if enumerated is None or fields is None:
        return False
    return all(missing.isdisjoint(enumerated.get(name, ())) for name in fields)


def _accepted(kind: KindSufficiency) -> str:
    refusal = "denied to the credential" if is_denied(kind.shortfalls) else "not available"
    return f"{kind.kind} is {refusal}, which is accepted: {kind.accepted}"


def incomplete_objects(sufficiency: Iterable[KindSufficiency]) -> dict[str, str]:
    """Return why the evidence of objects is incomplete, by ``kind:key``."""
    return {subject: _reason(subject, kind) for kind in sufficiency for subject in kind.subjects}


def object_names(row: Row) -> set[str]:
    """Return the names of the objects behind a row; its subject is always one of them."""
    return {*row.names, f"{row.subject.kind}:{row.subject.key}"}


def _sufficiency(kind: str, rule: CompiledRule, facts: Facts) -> KindSufficiency:
    if rule.max_age is not None and facts.reassess is not None and kind in facts.sufficiency:
        return facts.reassess(kind, rule.max_age)
    missing = KindSufficiency(kind=kind, connection=facts.connection, outcome=None)
    return facts.sufficiency.get(kind, missing)


def _problem(sufficiency: KindSufficiency, rule: CompiledRule, now: datetime) -> str | None:
    if sufficiency.problem and not sufficiency.unlisted:
        return sufficiency.problem
    if sufficiency.outcome is None:
        return f"{sufficiency.kind} was never collected"
    narrow = sufficiency.subjects or sufficiency.unlisted
    if sufficiency.outcome is not Outcome.COMPLETE and not narrow:
        return f"{sufficiency.kind} is {sufficiency.outcome}"
    return older_than_rule_allows(sufficiency, rule, now)


def _reason(subject: str, sufficiency: KindSufficiency) -> str:
    details = {
        shortfall.statement for shortfall in sufficiency.shortfalls if subject in shortfall.subjects
    }
    detail = ", ".join(sorted(details)) or "it is not complete"
    return f"{sufficiency.kind} of {subject} is partial ({detail})"


def _others(incomplete: Sequence[tuple[str, str]]) -> str | None:
    if not incomplete:
        return None
    (name, reason), count = incomplete[0], len(incomplete)
    if count == 1:
        return f"an object that no row is about has incomplete evidence: {reason}"
    return (
        f"{count} objects that no row is about have incomplete evidence, such as {name}: {reason}"
    )


def _subject(name: str) -> Subject:
    kind, _, key = name.partition(":")
    return Subject(kind=kind, key=key, title=key)
