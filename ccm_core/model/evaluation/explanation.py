"""An explanation: one result with everything it rests on, down to requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ccm_core.model.evaluation.result import KindSufficiency, Result
from ccm_core.model.evidence.collection import Request
from ccm_core.model.json_codec import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What something came to for the row."""

    name: str
    """The expression, as it was written."""
    value: Any = None
    """A JSON value; null as well where there is none."""
    reason: str | None = None
    """Why it has no value, where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A condition with its value, what it read, and the conditions it joins."""

    text: str
    joint: str
    """``&&``, ``||``, ``!`` or ``?:``; empty where it joins none."""
    value: bool | None
    """None where it is neither true nor false."""
    reason: str | None = None
    """Why it is neither, where it is neither."""
    read: tuple[Value, ...] = ()
    """What it read, where it joins no others."""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workings:
    """Everything that a rule worked out for one row."""

    parameters: tuple[Value, ...]
    """Those that the rule reads, as they were for this row."""
    lets: tuple[Value, ...]
    match: Part | None
    not_due: Part | None
    assertion: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterUsed:
    """A parameter that the rule reads."""

    name: str
    type: str
    written: object
    """As it was set."""
    set_by: str
    """``settings`` or ``pack``."""
    set_at: str | None
    """Where in the settings or the pack it stands, as ``file:line:column``, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRead:
    """A record that the result rests on, and where it came from."""

    kind: str
    key: str
    digest: str
    observed_at: datetime
    collection: str
    endpoint: str
    page: int
    response_digest: str
    requests: tuple[Request, ...]
    """What the collection asked of that endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One result with everything it rests on."""

    evaluated_at: datetime
    result: Result
    title: str
    severity: str
    over: str
    pack: str
    pack_version: str
    pack_digest: str
    pack_source: str
    parameters: tuple[ParameterUsed, ...]
    workings: Workings | None
    """None where no row was judged: the result is about a connection or a population."""
    row: JsonObject | None
    row_digest: str | None
    records: tuple[RecordRead, ...]
    sufficiency: tuple[KindSufficiency, ...]
    """Of the kinds that the rule rests on, for the result's connection."""
    differs: str | None
    """What the rule says of the row when it is worked out again, where that is something else."""
