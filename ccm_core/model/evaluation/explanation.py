"""Explanations: one result with everything behind it, down to requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ccm_core.model.evaluation.result import KindSufficiency, Result
from ccm_core.model.evidence.collection import Request
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionValue:
    """The value of an expression for the row."""

    name: str
    """The expression, as it was written."""
    value: Any = None
    """A JSON value; null as well where there is none."""
    reason: str | None = None
    """Why it has no value, where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionTrace:
    """A condition with its value, what it read, and the conditions it joins."""

    text: str
    operator: str
    """``&&``, ``||``, ``!`` or ``?:``; empty where it joins none."""
    value: bool | None
    """None where it is neither true nor false."""
    reason: str | None = None
    """Why it is neither, where it is neither."""
    read: tuple[ExpressionValue, ...] = ()
    """What it read, where it joins no others."""
    operands: tuple[ConditionTrace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrace:
    """All values of a rule for one row: parameters, lets and conditions."""

    parameters: tuple[ExpressionValue, ...]
    """Those that the rule reads, as they were for this row."""
    lets: tuple[ExpressionValue, ...]
    match: ConditionTrace | None
    not_due: ConditionTrace | None
    assertion: ConditionTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedParameter:
    """A parameter that the rule reads."""

    name: str
    type: str
    configured: object
    """As it was configured."""
    set_by: str
    """``settings`` or ``pack``."""
    set_at: str | None
    """Where in the settings or the pack it stands, as ``file:line:column``, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReference:
    """A record behind the result, and where it was read."""

    kind: str
    key: str
    digest: str
    observed_at: datetime
    collection: str
    endpoint: str
    page: int
    response_digest: str
    requests: tuple[Request, ...]
    """The requests of the collection to that endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One result with everything behind it."""

    evaluated_at: datetime
    result: Result
    title: str
    severity: str
    over: str
    pack: str
    pack_version: str
    pack_digest: str
    pack_source: str
    parameters: tuple[AppliedParameter, ...]
    trace: RuleTrace | None
    """None where no row was evaluated: the result is about a connection or a population."""
    row: JsonObject | None
    row_digest: str | None
    records: tuple[RecordReference, ...]
    sufficiency: tuple[KindSufficiency, ...]
    """Of the kinds that the rule depends on, for the result's connection."""
    difference: str | None
    """How the result differs when it is evaluated again, where it does."""
    finding: str | None = None
    """The finding that it belongs to, or in whose share it counts; null: it has none."""
    in_share: bool = False
    """Whether it is no finding by itself: the share of its check is."""
