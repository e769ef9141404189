"""Checks the tests that ship with a rule, before any of them is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ccm_core.documents import Document, Path, suggest
from ccm_core.errors import Mistake
from ccm_core.model.evaluation.rule import Parameter, Rule, RulePack, RuleTest
from ccm_core.rules.pack.conditional_parameters import read_overrides
from ccm_core.rules.pack.schema_fields import SchemaFields
from ccm_core.rules.types import RowSource


def case_mistakes(
    document: Document,
    rule_path: Path,
    rule: Rule,
    pack: RulePack,
    sources: Mapping[str, RowSource],
    lookup_kinds: Sequence[str],
    fields: SchemaFields | None,
) -> Iterator[Mistake]:
    """Yield tests that name unknown parameters, kinds or fields of rows."""
    names: set[str] = set()
    for index, test in enumerate(rule.tests):
        path: Path = (*rule_path, "tests", index)
        if test.name in names:
            yield document.mistake((*path, "name"), f"duplicate test name {test.name!r}")
        names.add(test.name)
        mistakes = (
            *_parameters(test, pack),
            *_evidence(test, rule, sources, lookup_kinds),
            *_lookups(test, lookup_kinds),
            *_rows(test, fields),
        )
        for below, message, key in mistakes:
            yield document.mistake((*path, *below), message, key=key)


_CaseMistake = tuple[Path, str, bool]
"""The path below the test, the message, and whether it is about the key."""


def _parameters(test: RuleTest, pack: RulePack) -> Iterator[_CaseMistake]:
    parameters = {parameter.name: parameter for parameter in pack.parameters}
    for name, raw in test.params.items():
        if name not in parameters:
            yield ("params", name), suggest("parameter", name, sorted(parameters)), True
        elif message := _value_mistake(parameters[name], raw):
            yield ("params", name), message, False


def _value_mistake(parameter: Parameter, raw: Any) -> str | None:
    try:
        read_overrides(parameter, raw)
    except ValueError as cause:
        return str(cause)
    return None


def _evidence(
    test: RuleTest, rule: Rule, sources: Mapping[str, RowSource], lookup_kinds: Sequence[str]
) -> Iterator[_CaseMistake]:
    if rule.over not in sources:
        return
    kinds = sorted({*sources[rule.over].inputs, *lookup_kinds})
    for kind in test.evidence:
        if kind not in kinds:
            message = f"{suggest('evidence kind', kind, kinds)} (the rule reads no other)"
            yield ("evidence", kind), message, True


def _lookups(test: RuleTest, lookup_kinds: Sequence[str]) -> Iterator[_CaseMistake]:
    for name in test.lookups:
        kind, colon, _ = name.partition(":")
        if not colon:
            yield ("lookups", name), "expected kind:key", True
        elif kind not in lookup_kinds:
            yield ("lookups", name), suggest("looked-up kind", kind, lookup_kinds), True


def _rows(test: RuleTest, fields: SchemaFields | None) -> Iterator[_CaseMistake]:
    names = fields.names() if fields else None
    if names is None:
        return
    for index, row in enumerate(test.rows):
        for name in row:
            if name not in names:
                yield ("rows", index, name), suggest("field", name, names), True
