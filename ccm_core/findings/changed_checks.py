"""Which checks were changed between two evaluations, and the words for it. Pure.

A limit that was raised makes a check pass as a mended resource does: whoever reads of the one must
not take it for the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ccm_core.model import json_codec
from ccm_core.model.evaluation.result import AppliedPack, Evaluation, EvaluationBasis
from ccm_core.model.finding.finding import (
    ChangeKind,
    Finding,
    FindingChange,
    FindingCheck,
    reason_with_change,
)

_NOTED = frozenset(
    {
        ChangeKind.OPENED,
        ChangeKind.CHANGED,
        ChangeKind.REOPENED,
        ChangeKind.RESOLVED,
        ChangeKind.REMOVED,
    }
)
_LONGEST = 40
"""The characters of a value that are still written."""


def seen_before(
    changes: Iterable[FindingChange], previous: datetime
) -> Mapping[datetime, Sequence[FindingChange]]:
    """Return changes that a changed check may explain, by the moment they are compared with.

    What is resolved is compared with the evaluation that it failed in last, for those between may
    have been inconclusive.

    Args:
        changes: What an evaluation changed.
        previous: The moment of the evaluation before it.
    """
    groups: dict[datetime, list[FindingChange]] = defaultdict(list)
    for change in changes:
        if change.kind in _NOTED:
            groups[change.last_seen or previous].append(change)
    return groups


def with_changed_checks(
    changes: Iterable[FindingChange],
    findings: Mapping[str, Finding],
    before: EvaluationBasis,
    evaluation: Evaluation,
) -> Iterator[FindingChange]:
    """Yield changes of findings; the reason ends with what of their checks was changed, if any.

    Args:
        changes: What the evaluation changed.
        findings: The findings before, by id.
        before: What an earlier evaluation rested on.
        evaluation: The evaluation that made the changes.
    """
    rules = {rule.rule: rule.pack for rule in evaluation.rules}
    comparison = _Comparison(before, evaluation, rules)
    for change in changes:
        finding = findings.get(change.finding)
        what = comparison.of((*change.checks, *(finding.checks if finding else ())), change)
        yield replace(change, reason=reason_with_change(change.reason, what)) if what else change


class _Comparison:
    """Two evaluations, check by check."""

    def __init__(
        self, before: EvaluationBasis, evaluation: Evaluation, packs: Mapping[str, str]
    ) -> None:
        self._pack_of = packs
        self._packs = [{pack.name: pack for pack in one.packs} for one in (before, evaluation)]
        self._states = [
            {state.connection: state for state in one.derived} for one in (before, evaluation)
        ]

    def of(self, checks: Iterable[FindingCheck], change: FindingChange) -> str:
        """Return the words for what was changed of the checks of a finding; empty: nothing."""
        names = tuple(dict.fromkeys(check.rule for check in checks))
        for rule in names:
            if what := self._what(rule, change.connection):
                return what if len(names) == 1 else f"{rule}: {what}"
        return ""

    def _what(self, rule: str, connection: str) -> str:
        """Return what was changed of one check; empty: nothing, or only evidence."""
        before, after = (states.get(connection) for states in self._states)
        if before is not None and after is not None:
            key = before.rule_keys.get(rule)
            if key is None or key == after.rule_keys.get(rule):
                return ""
        name = self._pack_of.get(rule, "")
        old, new = (packs.get(name) for packs in self._packs)
        if old is not None and new is not None and (what := _pack_change(old, new)):
            return what
        is_newer = before is not None and after is not None and before.revision != after.revision
        return "another version of ccm or of a plugin" if is_newer else ""


def _pack_change(old: AppliedPack, new: AppliedPack) -> str:
    parts = list(_parameter_changes(old, new))
    if old.version != new.version:
        parts.append(f"pack {new.name} from {old.version} to {new.version}")
    elif old.digest != new.digest:
        parts.append(f"pack {new.name} has another text")
    return ", ".join(parts)


def _parameter_changes(old: AppliedPack, new: AppliedPack) -> Iterator[str]:
    for name in sorted({*old.parameters, *new.parameters}):
        before, after = old.parameters.get(name), new.parameters.get(name)
        if before != after:
            texts = _written(before), _written(after)
            is_short = max(map(len, texts)) <= _LONGEST
            yield f"{name} from {texts[0]} to {texts[1]}" if is_short else name


def _written(value: object) -> str:
    if isinstance(value, str):
        return value
    return json_codec.encode(json_codec.plain(value)).decode()
