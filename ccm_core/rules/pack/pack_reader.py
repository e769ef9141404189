"""Converts the YAML of a pack to a :class:`RulePack`.

Reading never stops at a mistake: the schema reports what is wrong, and whatever has the right
type is used as it is, so that the conditions of a flawed pack are checked in the same go.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from ccm_core.documents import Document
from ccm_core.model.evaluation.control import Control, ManualProcedures
from ccm_core.model.evaluation.rule import (
    Lifecycle,
    OnEmpty,
    PackPurpose,
    Parameter,
    Rule,
    RulePack,
    RuleTest,
    Severity,
    Tolerance,
)
from ccm_core.model.frozen_json import FrozenDict, frozen
from ccm_core.model.json_codec import JsonObject

Choice = TypeVar("Choice", bound=StrEnum)


def parse_pack(document: Document, digest: str) -> RulePack:
    """Read a pack from its document."""
    root = _mapping(frozen(document.value))
    metadata = _mapping(root.get("metadata"))
    return RulePack(
        name=_text(metadata, "name"),
        version=_text(metadata, "version"),
        title=_text(metadata, "title"),
        source=document.file,
        digest=digest,
        purpose=_choice(metadata, "purpose", PackPurpose.CONTROLS),
        parameters=tuple(
            _parameter(name, _mapping(raw))
            for name, raw in _mapping(root.get("parameters")).items()
        ),
        rules=tuple(_rule(_mapping(raw)) for raw in _list(root.get("rules"))),
        manual_procedures=tuple(
            _manual_procedures(_mapping(raw)) for raw in _list(root.get("manual_procedures"))
        ),
    )


def _parameter(name: str, raw: JsonObject) -> Parameter:
    return Parameter(
        name=name,
        type=_text(raw, "type"),
        default=raw.get("default"),
        description=_text(raw, "description"),
        over=_text(raw, "over") or None,
        varies_by=_text(raw, "varies_by") or None,
        dated_by=_text(raw, "dated_by") or None,
    )


def _rule(raw: JsonObject) -> Rule:
    remediation = _mapping(raw.get("remediation"))
    lets = _mapping(raw.get("let"))
    return Rule(
        id=_text(raw, "id"),
        title=_text(raw, "title"),
        status=_choice(raw, "status", Lifecycle.EXPERIMENTAL),
        severity=_choice(raw, "severity", Severity.INFORMATIONAL),
        over=_text(raw, "over"),
        match=_text(raw, "match") or None,
        let=FrozenDict({name: text for name, text in lets.items() if isinstance(text, str)}),
        assertion=_text(raw, "assert"),
        not_due=_text(raw, "not_due") or None,
        message=_text(raw, "message"),
        on_empty=_choice(raw, "on_empty", OnEmpty.INSUFFICIENT),
        cause=_text(_mapping(raw.get("finding")), "cause") or None,
        tolerance=_tolerance(raw.get("tolerance")),
        max_age=_text(raw, "max_age") or None,
        period=_text(raw, "period") or None,
        ahead=_text(raw, "ahead") or None,
        risk=_text(raw, "risk") or None,
        remediation=_text(remediation, "text") or None,
        remediation_url=_text(remediation, "url") or None,
        controls=tuple(_control(_mapping(control)) for control in _list(raw.get("controls"))),
        tests=tuple(_test(_mapping(test)) for test in _list(raw.get("tests"))),
    )


def _tolerance(raw: Any) -> Tolerance | None:
    tolerance = _mapping(raw)
    try:
        share = _share(_text(tolerance, "at_least"))
        inconclusive = _share(_text(tolerance, "inconclusive_at_most") or "5%")
    except ValueError:
        return None
    return Tolerance(at_least=share, per=_text(tolerance, "per"), inconclusive_at_most=inconclusive)


def _share(text: str) -> float:
    return float(text.removesuffix("%")) / 100


def _control(raw: JsonObject) -> Control:
    requires = _mapping(raw.get("requires"))
    return Control(
        framework=_text(raw, "framework"),
        id=_text(raw, "id"),
        why=_text(raw, "why") or None,
        relation=_text(raw, "relation") or "intersects",
        requires=FrozenDict({name: _mapping(bounds) for name, bounds in requires.items()}),
    )


def _manual_procedures(raw: JsonObject) -> ManualProcedures:
    procedures = _list(raw.get("procedures"))
    return ManualProcedures(
        framework=_text(raw, "framework"),
        id=_text(raw, "id"),
        procedures=tuple(text for text in procedures if isinstance(text, str)),
    )


def _test(raw: JsonObject) -> RuleTest:
    evidence = _mapping(raw.get("evidence"))
    lookups = _mapping(raw.get("lookups"))
    return RuleTest(
        name=_text(raw, "name"),
        rows=tuple(row for row in _list(raw.get("rows")) if isinstance(row, dict)),
        expect=_text(raw, "expect"),
        evidence=FrozenDict({kind: how for kind, how in evidence.items() if isinstance(how, str)}),
        params=_mapping(raw.get("params")),
        lookups=FrozenDict({name: _mapping(body) for name, body in lookups.items()}),
        now=_text(raw, "now") or None,
    )


def _choice(raw: JsonObject, key: str, default: Choice) -> Choice:
    try:
        return type(default)(_text(raw, key))
    except ValueError:
        return default


def _text(raw: JsonObject, key: str) -> str:
    value = raw.get(key)
    return value if isinstance(value, str) else ""


def _mapping(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else FrozenDict()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
