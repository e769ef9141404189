"""The results of an evaluation on single subjects, from the rows and verdicts that it left."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from ccm_core.model.evaluation.derived import rows_kind, subject_name, verdicts_kind
from ccm_core.model.evaluation.result import Evaluation, Result, RuleResult
from ccm_core.model.evaluation.result_scope import ResultScope
from ccm_core.store.derived.line_roots import line_roots
from ccm_core.store.evaluations.chosen_subjects import (
    LineCounts,
    VerdictGroup,
    judged_subjects,
    rule_groups,
)
from ccm_core.store.evaluations.compact_results import (
    CompactColumn,
    CompactResults,
)
from ccm_core.store.evaluations.connection_results import ConnectionResults
from ccm_core.store.evaluations.derived_bodies import KeptBodies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from ccm_core.store.sql.transaction import Transaction


def recompose(
    transaction: Transaction,
    stored: Evaluation,
    position: int,
    scope: ResultScope | None = None,
) -> Evaluation:
    """Return an evaluation with its results on single subjects.

    Args:
        transaction: Sees one state of the store.
        stored: As it is stored: with results on whole connections and shares alone.
        position: The number of the last version that was stored when it was.
        scope: Which of them; None: all. Where the evaluation is the newest, nothing else is read.

    Raises:
        IntegrityError: Rows or verdicts are not those that it left, or the read model says
            something else of them.
    """
    connections = [
        ConnectionResults(KeptBodies(transaction, state, position)) for state in stored.derived
    ]
    results: dict[str, list[Result]] = defaultdict(list)
    groups, counts = rule_groups(stored.rules), LineCounts()
    for connection in connections:
        if scope is None or scope.outlined or scope.compared:
            _require_lines(connection.bodies, groups)
        if scope is None or not connection.bodies.is_current:
            is_needed = scope is None or scope.evidence
            _extend(results, connection.whole(stored.rules, evidence=is_needed))
        else:
            _extend(results, connection.some(groups, scope))
            for group in groups:
                counts.add(connection.bodies, group)
    if scope is not None and all(connection.bodies.is_current for connection in connections):
        counts.compare(stored)
    return replace(
        stored, rules=tuple(_with(rule, results[rule.rule], scope) for rule in stored.rules)
    )


def compact(transaction: Transaction, stored: Evaluation, position: int) -> Evaluation:
    """Return an evaluation with all its results, each of which is made when it is looked at.

    Raises:
        IntegrityError: Rows or verdicts are not those that it left.
    """
    columns: dict[str, list[CompactColumn]] = defaultdict(list)
    groups = rule_groups(stored.rules)
    for state in stored.derived:
        connection = ConnectionResults(KeptBodies(transaction, state, position))
        _require_lines(connection.bodies, groups)
        for column in connection.compact(stored.rules):
            columns[column.rule].append(column)
    return replace(
        stored, rules=tuple(_with_columns(rule, columns[rule.rule]) for rule in stored.rules)
    )


def _with_columns(rule: RuleResult, columns: Sequence[CompactColumn]) -> RuleResult:
    results = CompactResults(rule.results, columns, _order)
    return replace(rule, results=cast("tuple[Result, ...]", results))  # nobody needs an index


def results_on(
    transaction: Transaction,
    stored: Evaluation,
    position: int,
    subjects: Mapping[tuple[str, str], AbstractSet[str]],
) -> Iterator[Result]:
    """Yield the results on some subjects, by rule and connection, without their evidence."""
    scope = ResultScope(subjects=subjects, whole=False, evidence=False)
    groups = rule_groups(stored.rules)
    for rule in stored.rules:
        yield from filter(scope.includes, rule.results)
    for state in stored.derived:
        connection = ConnectionResults(KeptBodies(transaction, state, position))
        if connection.bodies.is_current:
            yield from connection.some(groups, scope)
        else:
            yield from filter(scope.includes, connection.whole(stored.rules, evidence=False))


def result_on(
    transaction: Transaction, stored: Evaluation, position: int, rule: str, on: tuple[str, str]
) -> Result | None:
    """Return the result of a rule on one subject of a connection; None: there is none."""
    connection, name = on
    scope = ResultScope(subjects={(rule, connection): {name}}, whole=False)
    (of_rule,) = (result for result in stored.rules if result.rule == rule)
    for result in filter(scope.includes, of_rule.results):
        return result
    for state in stored.derived:
        if state.connection == connection and rule in state.judged:
            bodies = KeptBodies(transaction, state, position)
            return ConnectionResults(bodies).on(of_rule, name)
    return None


def named_results(
    transaction: Transaction, stored: Evaluation, position: int
) -> Iterator[tuple[str, str, str]]:
    """Yield each result as rule, connection and ``KIND:KEY``: of the newest, no body is read."""
    groups = rule_groups(stored.rules)
    for rule in stored.rules:
        yield from map(_name, rule.results)
    for state in stored.derived:
        bodies = KeptBodies(transaction, state, position)
        if bodies.is_current:
            for group in groups:
                for name, key in judged_subjects(bodies, group):
                    yield name, state.connection, key
        else:
            yield from map(_name, ConnectionResults(bodies).whole(stored.rules, evidence=False))


def _name(result: Result) -> tuple[str, str, str]:
    subject = result.subject
    return result.rule, result.connection, subject_name(subject.kind, subject.key)


def _require_lines(bodies: KeptBodies, groups: Sequence[VerdictGroup]) -> None:
    """Compare the lines of the newest evaluation with those that it left, whatever is read of it.

    So all that read one store agree on whether it is damaged.
    """
    if not bodies.is_current:
        return
    state = bodies.state
    present = line_roots(bodies.transaction, state.connection, ("subject", "verdict"))
    of_views = {f"subject/{group.over}": rows_kind(group.over) for group in groups}
    of_packs = {
        f"verdict/{group.pack}/{group.over}": verdicts_kind(group.pack, group.over)
        for group in groups
    }
    for name, kind in (of_views | of_packs).items():
        if present.get(name) != state.lines.get(name):
            raise bodies.damage(kind, "its lines are not those that the evaluation left")


def _extend(results: dict[str, list[Result]], more: Iterable[Result]) -> None:
    for result in more:
        results[result.rule].append(result)


def _with(rule: RuleResult, results: Sequence[Result], scope: ResultScope | None) -> RuleResult:
    merged = sorted([*rule.results, *results], key=_order)
    chosen = merged if scope is None else filter(scope.includes, merged)
    return replace(rule, results=tuple(chosen))


def _order(result: Result) -> tuple[str, ...]:
    subject = result.subject
    return (result.connection, subject.kind, subject.key, result.status, result.reason)
