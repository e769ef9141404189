"""Checks a pack for mistakes outside of its expressions: ids, controls and tolerances."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ccm_core.documents import Document, Path, suggest
from ccm_core.errors import Mistake
from ccm_core.model.evaluation.rule import Rule, RulePack
from ccm_core.rules.pack.parameters import bound_mistake
from ccm_core.rules.pack.schema_fields import SchemaFields
from ccm_core.sdk.timestamps import format_duration, parse_duration

MAX_AGE = timedelta(days=35)
"""A month and the days in which it is looked at."""
LEAST_SHARE = 0.5
MOST_INCONCLUSIVE = 0.05
_BOUNDS = {"at_most", "at_least", "equals"}


def duplicate_rule_ids(document: Document, pack: RulePack) -> Iterator[Mistake]:
    """Yield a mistake for each rule whose id another rule has."""
    first: dict[str, str] = {}
    for index, rule in enumerate(pack.rules):
        path: Path = ("rules", index, "id")
        if rule.id and rule.id in first:
            message = f"duplicate rule id {rule.id}; {first[rule.id]}"
            yield document.mistake(path, message)
        else:
            first[rule.id] = f"the first is at {document.location(path)}"


def manual_procedure_mistakes(document: Document, pack: RulePack) -> Iterator[Mistake]:
    """Yield a mistake for each control that is listed twice or that no rule supports."""
    supported = {
        (control.framework, control.id) for rule in pack.rules for control in rule.controls
    }
    listed = set[tuple[str, str]]()
    for index, control in enumerate(pack.manual_procedures):
        name, path = (control.framework, control.id), ("manual_procedures", index)
        if name in listed:
            yield document.mistake(path, f"duplicate control {' '.join(name)}")
        elif all(name) and name not in supported:
            yield document.mistake(path, f"no rule of this pack supports {' '.join(name)}")
        listed.add(name)


def age_mistakes(document: Document, path: Path, rule: Rule) -> Iterator[Mistake]:
    """Yield a mistake where a rule would take evidence of any age, and so never be insufficient."""
    age = _duration(rule.max_age)
    if age is not None and age > MAX_AGE:
        message = (
            f"got {rule.max_age}, expected at most {format_duration(MAX_AGE.total_seconds())}: "
            "older evidence says nothing of the month in which it is evaluated; leave max_age out "
            "for twice the cadence of the evidence"
        )
        yield document.mistake((*path, "max_age"), message)


def tolerance_mistakes(
    document: Document, path: Path, rule: Rule, fields: SchemaFields | None
) -> Iterator[Mistake]:
    """Yield the mistakes in a tolerance: too loose to fail, or per month and without a date."""
    tolerance = rule.tolerance
    if not tolerance:
        return
    if tolerance.at_least < LEAST_SHARE:
        message = (
            f"got {_percent(tolerance.at_least)}, expected at least {_percent(LEAST_SHARE)}: a "
            "rule that passes while most of its subjects fail requires nothing; raise it, or lower "
            "the severity of the rule"
        )
        yield document.mistake((*path, "tolerance", "at_least"), message)
    if tolerance.inconclusive_at_most > MOST_INCONCLUSIVE:
        message = (
            f"got {_percent(tolerance.inconclusive_at_most)}, expected at most "
            f"{_percent(MOST_INCONCLUSIVE)}: what was not evaluated may have failed; leave it out, "
            f"and {_percent(MOST_INCONCLUSIVE)} are allowed"
        )
        yield document.mistake((*path, "tolerance", "inconclusive_at_most"), message)
    if tolerance.per != "month":
        return
    if fields and fields.mistake(("occurred_at",)):
        message = f"a month needs `occurred_at`, which rows of {rule.over} do not have"
        yield document.mistake((*path, "tolerance", "per"), message)


def _percent(share: float) -> str:
    return f"{100 * share:.4g}%"


def _duration(text: str | None) -> timedelta | None:
    """Return a duration; None where there is none, or the schema has refused it."""
    try:
        return parse_duration(text) if text else None
    except ValueError:
        return None


def control_mistakes(
    document: Document, path: Path, rule: Rule, pack: RulePack
) -> Iterator[Mistake]:
    """Yield the mistakes in what a rule's controls require of parameters."""
    types = {parameter.name: parameter.type for parameter in pack.parameters}
    for index, control in enumerate(rule.controls):
        for name, bounds in control.requires.items():
            requirement: Path = (*path, "controls", index, "requires", name)
            if name not in types:
                message = suggest("parameter", name, sorted(types))
                yield document.mistake(requirement, message, key=True)
                continue
            for bound, limit in bounds.items():
                if bound in _BOUNDS and (problem := bound_mistake(types[name], bound, limit)):
                    yield document.mistake((*requirement, bound), problem)
