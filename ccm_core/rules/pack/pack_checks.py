"""Checks a pack for mistakes outside of its expressions: ids, controls and tolerances."""

from __future__ import annotations

from collections.abc import Iterator

from ccm_core.documents import Document, Path, suggest
from ccm_core.errors import Mistake
from ccm_core.model.evaluation.rule import Rule, RulePack
from ccm_core.rules.pack.parameters import bound_mistake
from ccm_core.rules.pack.schema_fields import SchemaFields

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


def tolerance_mistakes(
    document: Document, path: Path, rule: Rule, fields: SchemaFields | None
) -> Iterator[Mistake]:
    """Yield a mistake where a tolerance is per month and the rows have no date."""
    if not rule.tolerance or rule.tolerance.per != "month":
        return
    if fields and fields.mistake(("occurred_at",)):
        message = f"a month needs `occurred_at`, which rows of {rule.over} do not have"
        yield document.mistake((*path, "tolerance", "per"), message)


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
