"""What the evaluations of a period said, in one pass: they may be many, and large."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from ccm_core.model.assurance import Deviation
from ccm_core.model.evaluation.result import Evaluation, Result, Status
from ccm_core.model.evaluation.subject import Subject

ControlName: TypeAlias = tuple[str, str]
"""Framework and id."""

_HOLDS = {Status.PASS, Status.NOT_APPLICABLE}


@dataclass(slots=True, kw_only=True)
class _Failing:
    """One subject of one rule, as often as it failed."""

    subject: Subject
    first: datetime
    last: datetime
    evaluations: int = 0
    waived: bool = True


@dataclass(slots=True, kw_only=True)
class Heard:
    """What was said of some controls, and by some rules."""

    statuses: dict[ControlName, list[tuple[datetime, Status]]] = field(default_factory=dict)
    failing: dict[str, dict[tuple[str, str, str], _Failing]] = field(default_factory=dict)
    """By rule, then by connection, kind and key."""

    def deviations(self, rules: AbstractSet[str]) -> Iterator[Deviation]:
        """Give what failed some rules, sorted by rule and subject."""
        for rule in sorted(rules & self.failing.keys()):
            for key, one in sorted(self.failing[rule].items(), key=lambda item: item[0]):
                yield Deviation(
                    rule=rule,
                    connection=key[0],
                    subject=one.subject,
                    first=one.first,
                    last=one.last,
                    evaluations=one.evaluations,
                    waived=one.waived,
                )


def hear(
    evaluations: Iterable[Evaluation], controls: AbstractSet[ControlName], rules: AbstractSet[str]
) -> Heard:
    """Take down what evaluations say of some controls and rules; each is let go after it.

    Args:
        evaluations: In the order of their moments.
        controls: By framework and id.
        rules: By id.
    """
    heard = Heard(statuses={control: [] for control in controls})
    for evaluation in evaluations:
        at = evaluation.evaluated_at
        for one in evaluation.controls:
            if (name := (one.framework, one.id)) in controls:
                heard.statuses[name].append((at, one.status))
        for rule in evaluation.rules:
            # Where a share decides, what fails within it is tolerated.
            if rule.rule in rules and rule.status not in _HOLDS:
                _note(heard.failing.setdefault(rule.rule, {}), at, rule.results)
    return heard


def _note(
    found: dict[tuple[str, str, str], _Failing], at: datetime, results: Sequence[Result]
) -> None:
    for result in results:
        if result.status is not Status.FAIL:
            continue
        about = result.subject
        key = (result.connection, about.kind, about.key)
        one = found.setdefault(key, _Failing(subject=about, first=at, last=at))
        one.subject, one.last = about, at
        one.evaluations += 1
        one.waived = one.waived and result.waiver is not None
