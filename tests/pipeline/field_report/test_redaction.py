"""What of a body a field report has: what its schema allows, and nothing else."""

from __future__ import annotations

import json
import random
import string
from datetime import timedelta

import pytest
from ccm_pagerduty.kinds import kinds
from hunting import parts_left

from ccm_core.pipeline.field_report.field_spec import field_spec
from ccm_core.pipeline.field_report.redaction import features, redacted
from ccm_core.pipeline.field_report.renames import Renames

WEEKS = timedelta(weeks=-3)
SCHEMA = {
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "email": {"type": "string", "x-ccm-privacy": "pseudonym", "x-ccm-vocabulary": "words"},
        "role": {"type": "string", "x-ccm-vocabulary": "words"},
        "form": {"enum": ["layers", "shifts", None]},
        "entry": {"type": "string", "x-ccm-vocabulary": ["start", "P1"]},
        "zone": {"type": "string", "x-ccm-vocabulary": "time_zones"},
        "begins": {"type": "string", "x-ccm-vocabulary": "times"},
        "at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        "number": {"type": "integer", "x-ccm-vocabulary": []},
        "delay": {"type": "number"},
        "active": {"type": "boolean"},
        "teams": {"items": {"$ref": "#/$defs/team"}},
    },
    "$defs": {"team": {"properties": {"id": {"type": "string"}, "type": {"const": "team"}}}},
}
SPEC = field_spec(SCHEMA)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"role": "read_only_user"}, {"role": "read_only_user"}, id="a word"),
        pytest.param({"role": "Maria Huber"}, {"role": "text_1_16"}, id="no word"),
        pytest.param({"role": "+43 699 1234567"}, {"role": "text_1_16"}, id="a phone number"),
        pytest.param({"role": "PA1B2C3"}, {"role": "text_1_8"}, id="an id for a word"),
        pytest.param({"role": "a1b2c3d4e5f6"}, {"role": "text_1_16"}, id="a key for a word"),
        pytest.param({"role": "müller"}, {"role": "text_1_8"}, id="a word beyond ASCII"),
        pytest.param({"role": "x" * 61}, {"role": "text_1_64"}, id="a word without end"),
        pytest.param({"email": "word"}, {"email": "text_1_8"}, id="a pseudonym is no word"),
        pytest.param({"form": "layers"}, {"form": "layers"}, id="enumerated"),
        pytest.param({"form": "huber"}, {"form": "text_1_8"}, id="not enumerated"),
        pytest.param({"entry": "P1"}, {"entry": "P1"}, id="listed"),
        pytest.param({"entry": "huber"}, {"entry": "text_1_8"}, id="not listed"),
        pytest.param({"zone": "Europe/Vienna"}, {"zone": "Europe/Vienna"}, id="a zone"),
        pytest.param({"zone": "Kuala Lumpur"}, {"zone": "Kuala Lumpur"}, id="a zone of Rails"),
        pytest.param({"zone": "Huber/Office"}, {"zone": "text_1_16"}, id="no zone"),
        pytest.param({"name": "Vienna"}, {"name": "text_1_8"}, id="a zone elsewhere is a name"),
        pytest.param({"begins": "09:00:00"}, {"begins": "09:00:00"}, id="a time of day"),
        pytest.param(
            {"begins": "2026-11-23T09:00:00"}, {"begins": "2026-11-02T09:00:00"}, id="local"
        ),
        pytest.param({"begins": "at Huber's"}, {"begins": "text_1_16"}, id="no time"),
        pytest.param(
            {"at": "2026-11-23T09:00:00+01:00"}, {"at": "2026-11-02T09:00:00+01:00"}, id="instant"
        ),
        pytest.param({"at": "0001-01-02T00:00:00Z"}, {"at": "text_1_32"}, id="before all"),
        pytest.param({"name": "2026-11-23T09:00:00Z"}, {"name": "text_1_32"}, id="a name"),
        pytest.param({"number": 48213}, {"number": 1}, id="a number that identifies"),
        pytest.param({"delay": 3600.5}, {"delay": 3600.5}, id="a duration"),
        pytest.param({"delay": 436991234567}, {"delay": 1}, id="a phone number as a number"),
        pytest.param({"active": True, "at": None}, {"active": True, "at": None}, id="truth"),
        pytest.param({"huber": 1, "name": ""}, {"name": ""}, id="an unknown field"),
        pytest.param({"name": {"huber": 1}}, {"name": {}}, id="an object for a text"),
        pytest.param({"name": ["huber"]}, {"name": ["text_1_8"]}, id="a list for a text"),
        pytest.param(
            {"id": "T1", "teams": [{"id": "T1", "type": "team", "x": 1}]},
            {"id": "text_1_8", "teams": [{"id": "text_1_8", "type": "team"}]},
            id="alike where it is alike",
        ),
    ],
)
def test_a_body_keeps_what_its_schema_allows(body, expected):
    """Words, zones, times and small numbers stay; whatever else it is, a text is renamed."""
    assert redacted(body, SPEC, Renames(WEEKS)) == expected


def test_shapes_differ_by_fields_types_and_words_only():
    """Two names are one shape; a null, an empty list and another word are others."""
    bodies = [
        {"name": "Maria", "role": "owner"},
        {"name": "Elisabeth", "role": "owner"},
        {"name": None, "role": "owner"},
        {"name": "Maria", "role": "admin"},
        {"name": "Maria", "role": "owner", "teams": []},
        {"name": "Maria", "role": "owner", "teams": [{"id": "T1"}]},
    ]
    assert len({frozenset(features(body, SPEC)) for body in bodies}) == 5


def _filled(schema, node, text, depth=0):
    """Make a value that fills every field of a schema with texts of somebody."""
    if "$ref" in node:
        return _filled(schema, schema["$defs"][node["$ref"].split("/")[-1]], text, depth)
    branches = [branch for word in ("anyOf", "oneOf") for branch in node.get(word, ())]
    if branches:
        return _filled(schema, branches[0], text, depth)
    if "properties" in node and depth < 12:
        return {
            name: _filled(schema, child, text, depth + 1)
            for name, child in node["properties"].items()
            if child.get("x-ccm-privacy") != "drop"
        }
    if "items" in node:
        return [_filled(schema, node["items"], text, depth + 1) for _ in range(2)]
    types = node.get("type", "string")
    return 436991000000 if "integer" in types else text()


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_no_text_of_an_account_passes_a_schema(kind):
    """Random names, addresses, numbers, keys and links in every field: nothing of five letters."""
    chance = random.Random(kind.name)  # noqa: S311 - a reproducible test
    planted = set()

    def text():
        letters = "".join(chance.choices(string.ascii_letters, k=7))
        forms = ("{0} {0}", "{0}@{0}.com", "+43 699 {1}", "P{2}", "https://{0}.x/{2}", "{2}=={0}")
        value = chance.choice(forms).format(
            letters.capitalize(), chance.randrange(10**7, 10**8), letters.upper() + "7"
        )
        planted.add(value)
        return value

    for _ in range(20):
        schema = kind.schema()
        body = _filled(schema, schema, text)
        report = json.dumps(redacted(body, field_spec(schema), Renames(WEEKS))).casefold()
        assert parts_left(report, planted) <= {"https"}
