"""Schema errors of a document, in plain words and at the right location."""

from __future__ import annotations

import json

import pytest

from ccm_core import schemas
from ccm_core.documents import check, read_yaml

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "count"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$", "examples": ["prod"]},
        "count": {"type": "integer", "minimum": 3, "description": "how many there are"},
        "limit": {"type": "string", "format": "duration"},
        "when": {"type": "string", "format": "date-time"},
        "url": {"type": "string", "format": "uri"},
        "level": {"enum": ["low", "high"]},
        "names": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        "key": {"type": "string", "pattern": "^env:", "x-ccm-secret": True},
        "deep": {"type": "object", "required": ["a", "b"]},
        "set": {"type": "array", "uniqueItems": True, "maxItems": 2},
        "thing": {
            "oneOf": [
                {"properties": {"type": {"const": "a"}, "size": {"type": "integer"}}},
                {"properties": {"type": {"const": "b"}, "size": {"type": "string"}}},
            ]
        },
    },
}
GOOD = "name: x\ncount: 3\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(GOOD, [], id="good"),
        pytest.param(
            'name: "x\\n"\ncount: 3\n',
            ['1:7: expected a string such as prod (it matches ^[a-z]+$); got "x\n"'],
            id="a line feed at the end of a name",
        ),
        pytest.param(
            GOOD + "limt: 15m\n",
            ['3:1: unknown key "limt"; did you mean "limit"?'],
            id="unknown key, close",
        ),
        pytest.param(
            "deep: {a: 1}\n",
            [
                '1:1: "count" is missing: how many there are',
                '1:1: "name" is missing',
                '1:7: "b" is missing',
            ],
            id="missing keys at their mappings",
        ),
        pytest.param(
            GOOD + "limit: 15\n",
            ["3:8: expected a duration such as 15m; got the number 15"],
            id="a number for a duration",
        ),
        pytest.param(
            GOOD + "limit: '15'\n",
            ['3:8: expected a duration such as 15m; got "15"'],
            id="a text that is no duration",
        ),
        pytest.param(
            GOOD + "when: 2026-11-31T00:00:00Z\n",
            ['3:7: expected an instant such as 2026-11-23T14:00:00Z; got "2026-11-31T00:00:00Z"'],
            id="a day that does not exist",
        ),
        pytest.param(
            GOOD + "when: 2026-11-23T14:00:00\n",
            ['3:7: expected an instant such as 2026-11-23T14:00:00Z; got "2026-11-23T14:00:00"'],
            id="a moment without offset",
        ),
        pytest.param(
            GOOD + "url: example\n",
            ['3:6: expected a URI such as https://example.com/path; got "example"'],
            id="no address",
        ),
        pytest.param(
            GOOD + "level: hihg\n",
            ['3:8: unknown value "hihg"; did you mean "high"?'],
            id="close to a choice",
        ),
        pytest.param(
            GOOD + "level: medium\n",
            ['3:8: unknown value "medium"; expected one of "low", "high"'],
            id="no choice",
        ),
        pytest.param(
            GOOD + "level: 3\n",
            ['3:8: expected one of "low", "high"; got the number 3'],
            id="not even a text",
        ),
        pytest.param(
            "name: A\ncount: 1\n",
            [
                '1:7: expected a string such as prod (it matches ^[a-z]+$); got "A"',
                "2:8: expected at least 3; got the number 1",
            ],
            id="two at once",
        ),
        pytest.param(
            GOOD + "names: [a, 1]\n",
            ["3:12: expected a string; got the number 1"],
            id="the alternative that was meant",
        ),
        pytest.param(
            GOOD + "names: {}\n",
            ["3:8: expected a string or a list; got a mapping"],
            id="no alternative",
        ),
        pytest.param(
            GOOD + "thing: {type: b, size: 3}\n",
            ["3:24: expected a string; got the number 3"],
            id="the alternative that its type names",
        ),
        pytest.param(
            GOOD + "key: hunter2\n",
            ["3:6: expected a string (it matches ^env:); got a string"],
            id="what might be a secret is not repeated",
        ),
        pytest.param(
            GOOD + "set: [1, 1, 1]\n",
            [
                "3:6: expected 2 items or fewer; got a list of 3",
                "3:6: expected no item twice; got a list of 3",
            ],
            id="bounds of a list",
        ),
        pytest.param("[]\n", ["1:1: expected a mapping; got an empty list"], id="another type"),
        pytest.param("", ["1:1: expected a mapping; got nothing"], id="empty"),
    ],
)
def test_schema_errors_become_mistakes_at_their_location(text, expected):
    """Every mistake that a schema finds is told where it stands, in words a person uses."""
    mistakes = check(read_yaml(text.encode(), "f.yaml"), SCHEMA)

    assert [str(mistake) for mistake in mistakes] == [f"f.yaml:{line}" for line in expected]


def test_a_part_of_a_document_is_checked_at_its_own_location():
    """A schema for a part finds its mistakes where that part stands."""
    document = read_yaml(b"list:\n  - {name: x, count: 1}\n", "f.yaml")

    mistakes = check(document, SCHEMA, under=("list", 0))

    assert [str(mistake) for mistake in mistakes] == [
        "f.yaml:2:22: expected at least 3; got the number 1"
    ]


def test_an_absent_part_is_checked_as_its_default():
    """What an absent part lacks is told at the place that should have held it."""
    document = read_yaml(b"list:\n  - {}\n", "f.yaml")
    schema = {"type": "object", "required": ["a"]}

    mistakes = check(document, schema, under=("list", 0, "settings"), absent={})

    assert [str(mistake) for mistake in mistakes] == ['f.yaml:2:5: "a" is missing']


PACK = """
apiVersion: ccm/v1
kind: RulePack
metadata: {name: acme-doors, version: 1.0.0, title: Doors, purpose: controls}
parameters:
  limit: {type: duration, default: 15m, description: d}
rules:
  - id: door_locked
    title: Doors are locked
    status: stable
    severity: high
    over: acme.door
    let: {open: row.open}
    assert: row.locked
    message: "{row.title} is open"
    on_empty: fail
    max_age: 2d
    tolerance: {at_least: 95%, per: month}
    remediation: {text: Lock it, url: "https://example.com/doors"}
    controls: [{framework: soc2, id: CC6.1, why: Doors, requires: {limit: {at_most: 15m}}}]
    tests: [{name: open, rows: [{locked: false}], expect: fail, now: 2026-03-15T12:00:00Z}]
"""
SETTINGS = """
version: 1
store: {url: "sqlite:///ccm.db", options: {}}
connections:
  - {name: prod, connector: acme, auth: {method: api_key, key: "env:KEY"}, settings: {a: 1}}
rules: {packs: [acme-doors], parameters: {limit: 10m}, waivers: waivers.yaml}
notify: {channels: [{name: all, to: ["env:TO"], min_severity: high}]}
"""
WRONG = (None, True, 0, -1, 1.5, "", "x y\n", [], ["x", "x"], {}, {"unknown": 1})


def _changed(value):
    """Yield a document with one value changed, left out or added, in every way there is."""
    yield from WRONG
    if isinstance(value, dict):
        yield {**value, "unknown": 1}
        for key, below in value.items():
            yield {name: other for name, other in value.items() if name != key}
            yield from ({**value, key: changed} for changed in _changed(below))
    if isinstance(value, list):
        for index, below in enumerate(value):
            yield from ([*value[:index], c, *value[index + 1 :]] for c in _changed(below))


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        pytest.param("rule-pack.v1", PACK, id="a rule pack"),
        pytest.param("settings.v1", SETTINGS, id="settings"),
    ],
)
def test_a_document_without_mistakes_is_one_that_both_validators_accept(validators, schema, text):
    """The quick validator accepts no document that the one with the messages would refuse."""
    value, loaded = read_yaml(text.encode(), "f.yaml").value, schemas.load(schema)

    def accepted(changed):
        document = read_yaml(json.dumps(changed).encode(), "f.yaml")
        return not check(document, loaded), validators(schema).accepts(changed)[1]

    assert accepted(value) == (True, True)
    assert {accepted(changed) for changed in _changed(value)} <= {(True, True), (False, False)}
