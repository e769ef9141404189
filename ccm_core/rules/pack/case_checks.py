"""What is wrong with the tests that ship with a rule, before any of them is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ccm_core.documents import Document, Path, suggest
from ccm_core.errors import Mistake
from ccm_core.model.evaluation.rule import Parameter, Rule, RulePack, RuleTest
from ccm_core.rules.pack.parameter_overrides import read_overrides
from ccm_core.rules.pack.schema_fields import SchemaFields
from ccm_core.rules.types import RowSource


def case_mistakes(
    document: Document,
    rule_path: Path,
    rule: Rule,
    pack: RulePack,
    sources: Mapping[str, RowSource],
    looked_up: Sequence[str],
    fields: SchemaFields | None,
) -> Iterator[Mistake]:
    """Find tests that name what is not there: parameters, kinds, fields of rows."""
    names: set[str] = set()
    for index, test in enumerate(rule.tests):
        path: Path = (*rule_path, "tests", index)
        if test.name in names:
            yield document.mistake((*path, "name"), f"two tests are named {test.name!r}")
        names.add(test.name)
        wrong = (
            *_parameters(test, pack),
            *_evidence(test, rule, sources, looked_up),
            *_lookups(test, looked_up),
            *_rows(test, fields),
        )
        for below, message, key in wrong:
            yield document.mistake((*path, *below), message, key=key)


_Wrong = tuple[Path, str, bool]
"""Where below the test, what, and whether it is the key."""


def _parameters(test: RuleTest, pack: RulePack) -> Iterator[_Wrong]:
    known = {one.name: one for one in pack.parameters}
    for name, written in test.params.items():
        if name not in known:
            yield ("params", name), suggest("parameter", name, sorted(known)), True
        elif wrong := _unreadable(known[name], written):
            yield ("params", name), wrong, False


def _unreadable(one: Parameter, written: Any) -> str | None:
    try:
        read_overrides(one, written)
    except ValueError as cause:
        return str(cause)
    return None


def _evidence(
    test: RuleTest, rule: Rule, sources: Mapping[str, RowSource], looked_up: Sequence[str]
) -> Iterator[_Wrong]:
    if rule.over not in sources:
        return
    kinds = sorted({*sources[rule.over].inputs, *looked_up})
    for kind in test.evidence:
        if kind not in kinds:
            message = f"{suggest('evidence kind', kind, kinds)} (the rule rests on no other)"
            yield ("evidence", kind), message, True


def _lookups(test: RuleTest, looked_up: Sequence[str]) -> Iterator[_Wrong]:
    for name in test.lookups:
        kind, colon, _ = name.partition(":")
        if not colon:
            yield ("lookups", name), "wanted kind:key", True
        elif kind not in looked_up:
            yield ("lookups", name), suggest("looked-up kind", kind, looked_up), True


def _rows(test: RuleTest, fields: SchemaFields | None) -> Iterator[_Wrong]:
    known = fields.names() if fields else None
    if known is None:
        return
    for index, row in enumerate(test.rows):
        for name in row:
            if name not in known:
                yield ("rows", index, name), suggest("field", name, known), True
