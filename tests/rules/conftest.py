"""A made-up source of doors, people and badge events, and packs and facts over it."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from ccm_core.errors import DocumentError
from ccm_core.model.evaluation.result import KindSufficiency
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.rules.cel.lookup_function import LookupRecord
from ccm_core.rules.evaluate.evaluator import evaluate
from ccm_core.rules.pack.compile_packs import compile_packs
from ccm_core.rules.types import Facts, PackText, RowSource
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import Row

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)

RULE = """\
apiVersion: ccm/v1
kind: RulePack
metadata: {name: acme-doors, version: 1.0.0, title: Doors}
parameters:
  limit: {type: duration, default: 15m, description: d}
  high_up: {type: condition, over: acme.watch, default: row.floor > 3, description: d}
rules:
  - id: door_locked
    title: Doors are locked
    status: stable
    severity: high
    over: acme.door
    assert: row.locked
    message: "{row.title} is open"
    on_empty: fail
"""

DOOR = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "locked": {"type": "boolean"},
        "floor": {"type": ["integer", "null"]},
        "open_for": {"type": ["integer", "null"], "x-ccm-unit": "seconds"},
        "age": {"type": "integer", "x-ccm-unit": "seconds"},
        "due_at": {"type": "string", "format": "date-time"},
        "owner": {"type": "string"},
        "occurred_at": {"type": "string", "format": "date-time"},
        "keys": {"type": "array", "items": {"$ref": "#/$defs/key"}},
        "room": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/room"}]},
        "notes": {"type": "object"},
    },
    "$defs": {
        "key": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"holder": {"type": "string"}, "copies": {"type": "integer"}},
        },
        "room": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"name": {"type": "string"}},
        },
    },
}
PERSON = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"name": {"type": "string"}},
}

SOURCES = (
    RowSource(name="acme.door", inputs=("acme.door",), schema=lambda: DOOR),
    RowSource(name="acme.person", inputs=("acme.person",), schema=lambda: PERSON),
    RowSource(name="acme.badge", inputs=("acme.badge",), schema=lambda: {"type": "object"}),
    RowSource(name="acme.watch", inputs=("acme.badge", "acme.door"), schema=lambda: DOOR),
)


@pytest.fixture
def now():
    """The moment of every evaluation here."""
    return NOW


@pytest.fixture
def sources():
    """The kinds and views that packs may name."""
    return SOURCES


@pytest.fixture
def rule_text():
    """Write one rule over doors as YAML; a field that is None is left out."""

    def write(**fields):
        whole = {
            "id": "door_locked",
            "title": "Doors are locked",
            "status": "stable",
            "severity": "high",
            "over": "acme.door",
            "assert": "row.locked",
            "message": '"{row.title} is open"',
            "on_empty": "not_applicable",
        } | fields
        lines = [f"{key}: {value}" for key, value in whole.items() if value is not None]
        return "- " + "\n  ".join(lines)

    return write


@pytest.fixture
def pack_text(rule_text):
    """Write a pack as YAML bytes from rules and parameters."""

    def write(*rules, parameters="{}", name="acme-doors"):
        body = "\n".join(rules or [rule_text()])
        return (
            "apiVersion: ccm/v1\n"
            "kind: RulePack\n"
            f"metadata: {{name: {name}, version: 1.0.0, title: Doors}}\n"
            f"parameters: {parameters}\n"
            f"rules:\n{textwrap.indent(body, '  ')}\n"
        ).encode()

    return write


@pytest.fixture
def compiled(pack_text):
    """Compile one pack made of rules and parameters."""

    def compile_rules(*rules, parameters="{}", settings=None, checked=False):
        text = pack_text(*rules, parameters=parameters)
        return compile_packs(
            [PackText(text=text, source="doors.yaml")],
            SOURCES,
            parameters=settings,
            checked=checked,
        )

    return compile_rules


@pytest.fixture
def row():
    """Make a row about one door."""

    def make(key="D1", names=(), digests=None, kind="acme.door", **body):
        return Row(
            subject=Subject(kind=kind, key=key, title=f"Door {key}"),
            body={"id": key, "title": f"Door {key}"} | body,
            evidence_digests=(f"sha256:{key}",) if digests is None else tuple(digests),
            names=tuple(names),
            occurred_at=instant_of(body.get("occurred_at")),
        )

    return make


def instant_of(text):
    """Return the instant that a text is; None: it is none."""
    try:
        return parse_instant(text) if text else None
    except ValueError:
        return None


@pytest.fixture
def standing_of():
    """Make the standing of a kind."""

    def make(kind, outcome=Outcome.COMPLETE, **fields):
        fields = {"collected_at": NOW} | fields
        return KindSufficiency(
            kind=kind, connection=fields.pop("connection", "hq"), outcome=outcome, **fields
        )

    return make


@pytest.fixture
def facts(standing_of):
    """Make the facts of one connection whose evidence is complete."""

    def make(rows, over="acme.door", connection="hq", sufficiency=(), lookup=None, **fields):
        source = next(source for source in SOURCES if source.name == over)
        kinds = {*source.inputs, "acme.person"}
        stands = {kind: standing_of(kind, connection=connection) for kind in sorted(kinds)}
        stands |= {kind.kind: kind for kind in sufficiency}
        records = {
            kind: {
                key: LookupRecord(body=body, digest=f"sha256:{kind}:{key}")
                for key, body in of.items()
            }
            for kind, of in (lookup or {}).items()
        }
        return Facts(
            **(
                {
                    "connection": connection,
                    "rows": {over: tuple(rows)},
                    "inputs": {over: source.inputs},
                    "sufficiency": stands,
                    "lookup_records": records,
                }
                | fields
            )
        )

    return make


@pytest.fixture
def evaluate_rows(compiled, facts, rule_text):
    """Judge rows by one rule and give its roll-up."""

    def judge(rows, *, parameters="{}", settings=None, waivers=(), inputs=None, **fields):
        inputs = dict(inputs or {})
        inputs.setdefault("over", fields.get("over", "acme.door"))
        packs = compiled(rule_text(**fields), parameters=parameters, settings=settings)
        return evaluate(packs, [facts(rows, **inputs)], waivers, now=NOW).rules[0]

    return judge


@pytest.fixture
def collection():
    """Make a collection that ended some time before now."""

    def make(outcome=Outcome.COMPLETE, *, ago=timedelta(0), window=None, falls=None, **fields):
        if falls is None:
            falls = (
                ()
                if outcome is Outcome.COMPLETE
                else (Shortfall(reason=Reason.DENIED, detail="GET /doors answered 403"),)
            )
        ended = NOW - ago
        return Collection(
            **(
                {
                    "id": f"c-{ended.isoformat()}-{outcome}",
                    "run": "r1",
                    "connection": "hq",
                    "kind": "acme.door",
                    "version": 1,
                    "window": window,
                    "started_at": ended,
                    "ended_at": ended,
                    "outcome": outcome,
                    "shortfalls": tuple(falls),
                }
                | fields
            )
        )

    return make


@pytest.fixture
def world(compiled, rule_text, facts, row, standing_of):
    """Everything it takes to judge, by name, for tests that need most of it."""
    return SimpleNamespace(
        compiled=compiled,
        rule_text=rule_text,
        facts=facts,
        row=row,
        standing_of=standing_of,
        evaluate=lambda packs, *facts, waivers=(): evaluate(packs, facts, waivers, now=NOW),
    )


@pytest.fixture
def rule() -> str:
    """Return a pack of one rule that has no mistake."""
    return RULE


@pytest.fixture
def compiling(sources):
    """Compile one pack and give its mistakes as text."""

    def find(text: str, **fields: Any) -> list[str]:
        with pytest.raises(DocumentError) as caught:
            compile_packs([PackText(text=text.encode(), source="doors.yaml")], sources, **fields)
        return [str(mistake) for mistake in caught.value.mistakes]

    return find
