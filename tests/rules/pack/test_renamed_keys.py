"""Keys of packs and parameters that have another name now."""

from __future__ import annotations

import pytest

from ccm_core.errors import DocumentError
from ccm_core.rules.pack.compile_packs import compile_packs, read_pack
from ccm_core.rules.types import PackText

PACK_OF_BEFORE = """\
apiVersion: ccm/v1
kind: RulePack
metadata: {name: acme-doors, version: 1.0.0, title: Doors}
parameters:
  limit:
    type: duration
    default: {value: 15m, changes: [{for: [A], value: 5m}]}
    description: d
    varies_by: row.owner
rules:
  - id: door_locked
    title: Doors are locked
    status: stable
    severity: high
    over: acme.door
    assert: row.age <= params.limit
    message: "{row.title} is open"
    on_empty: fail
    tests:
      - name: locked
        rows: [{age: 1}]
        expect: pass
        params: {limit: {value: 1h, changes: []}}
by_hand:
  - {framework: own, id: X, remains: [Look at the door]}
"""
RENAMED = [
    "doors.yaml:7:27: `changes` is now called `overrides`",
    "doors.yaml:23:37: `changes` is now called `overrides`",
    "doors.yaml:24:1: `by_hand` is now called `manual_procedures`",
    "doors.yaml:25:29: `remains` is now called `procedures`",
]


def mistakes_of(cause):
    """Return the mistakes of an error as text."""
    return [str(mistake) for mistake in cause.value.mistakes]


def test_every_renamed_key_of_a_pack_is_reported_at_once(sources):
    """With its location and the name of today, and nothing that only follows from it."""
    text = PackText(text=PACK_OF_BEFORE.encode(), source="doors.yaml")
    with pytest.raises(DocumentError) as compiling:
        compile_packs([text], sources)
    with pytest.raises(DocumentError) as reading:
        read_pack(text)

    assert mistakes_of(compiling) == RENAMED
    assert mistakes_of(reading) == RENAMED


def test_a_renamed_key_in_the_settings_is_reported_with_those_of_packs(sources):
    """A value that the user set names its parameter."""
    text = PackText(text=PACK_OF_BEFORE.encode(), source="doors.yaml")
    settings = {"limit": {"value": "1m", "changes": []}}
    with pytest.raises(DocumentError) as caught:
        compile_packs([text], sources, parameters=settings)

    assert mistakes_of(caught) == [
        *RENAMED,
        "parameters:1:1: limit: `changes` is now called `overrides`",
    ]


def test_a_pack_with_the_names_of_today_has_no_renamed_key(sources, rule):
    """Nothing is reported."""
    text = PackText(text=rule.encode(), source="doors.yaml")
    assert compile_packs([text], sources).packs[0].pack.name == "acme-doors"
