"""What a rule may rest on for one connection: decided before any condition runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ccm_core.model.evaluation.result import KindSufficiency
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.collection import Outcome
from ccm_core.rules.pack.compiled import CompiledRule
from ccm_core.rules.types import Facts
from ccm_core.sdk.timestamps import format_duration
from ccm_core.sdk.types import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceGate:
    """How far one rule may rely on one connection's evidence."""

    problems: tuple[str, ...] = ()
    """Why nothing may rest on it."""
    incomplete_objects: Mapping[str, str] = field(default_factory=dict)
    """Why the evidence of an object is incomplete, by ``kind:key``, where the others stand."""

    def lacks(self, row: Row) -> str | None:
        """Say why a row cannot be judged, where one of the objects behind it lacks evidence."""
        if not self.incomplete_objects:
            return None
        why = [
            self.incomplete_objects[name]
            for name in sorted(object_names(row))
            if name in self.incomplete_objects
        ]
        return "; ".join(dict.fromkeys(why)) or None

    def unclaimed(self, rows: Iterable[Row]) -> Sequence[tuple[Subject, str]]:
        """Give the objects that lack evidence and stand behind no row: nobody judged them."""
        if not self.incomplete_objects:
            return ()
        claimed = {name for row in rows for name in object_names(row)}
        return [
            (_subject(name), why)
            for name, why in sorted(self.incomplete_objects.items())
            if name not in claimed
        ]


def evidence_gate(
    one: CompiledRule, kinds: Iterable[str], facts: Facts, now: datetime
) -> EvidenceGate:
    """Find out what a rule may rest on.

    Args:
        one: The rule.
        kinds: The evidence kinds that what it is over rests on.
        facts: The connection.
        now: The evaluation's moment.
    """
    inputs = [_standing(kind, one, facts) for kind in sorted(set(kinds))]
    looked_up = [_standing(kind, one, facts) for kind in one.looked_up]
    problems = [
        problem for found in (*inputs, *looked_up) if (problem := _problem(found, one, now))
    ]
    # What a lookup lacks is found out by the lookup itself, record by record.
    return EvidenceGate(problems=tuple(dict.fromkeys(problems)), lacking=incomplete_objects(inputs))


def incomplete_objects(sufficiency: Iterable[KindSufficiency]) -> dict[str, str]:
    """Say of each object that is known to lack evidence why it does."""
    return {
        subject: _why(subject, standing)
        for standing in sufficiency
        for subject in standing.subjects
    }


def object_names(row: Row) -> set[str]:
    """Name the objects behind a row; its subject is always one of them."""
    return {*row.names, f"{row.subject.kind}:{row.subject.key}"}


def _standing(kind: str, one: CompiledRule, facts: Facts) -> KindSufficiency:
    if one.max_age is not None and facts.restated is not None and kind in facts.sufficiency:
        return facts.restated(kind, one.max_age)
    return facts.sufficiency.get(
        kind, KindSufficiency(kind=kind, connection=facts.connection, outcome=None)
    )


def _problem(found: KindSufficiency, one: CompiledRule, now: datetime) -> str | None:
    if found.problem:
        return found.problem
    if found.outcome is None:
        return f"{found.kind} was never collected"
    if found.outcome is not Outcome.COMPLETE and not found.subjects:
        return f"{found.kind} is {found.outcome}"
    return _older_than_rule(found, one, now)


def _older_than_rule(found: KindSufficiency, one: CompiledRule, now: datetime) -> str | None:
    """Hold the rule's own limit, where the standing was made with a wider one."""
    if one.max_age is None or found.collected_at is None:
        return None
    if found.max_age is not None and found.max_age <= one.max_age.total_seconds():
        return None
    age = now - found.collected_at
    if age <= one.max_age:
        return None
    old, limit = (format_duration(span.total_seconds()) for span in (age, one.max_age))
    return f"{found.kind} is {old} old, at most {limit} is allowed"


def _why(subject: str, standing: KindSufficiency) -> str:
    details = [
        f"{fall.reason}: {fall.detail}" for fall in standing.shortfalls if subject in fall.subjects
    ]
    said = ", ".join(sorted(set(details))) or "it is not complete"
    return f"{standing.kind} of {subject} is partial ({said})"


def _subject(name: str) -> Subject:
    kind, _, key = name.partition(":")
    return Subject(kind=kind, key=key, title=key)
