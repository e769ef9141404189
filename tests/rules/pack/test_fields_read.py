"""Which fields of a row a rule reads."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param("row.locked && row.room.name == ''", {"locked", "room"}, id="fields"),
        pytest.param("has(row.locked)", {"locked"}, id="asked-for"),
        pytest.param("row.?locked.orValue(true)", {"locked"}, id="optional"),
        pytest.param("row['locked']", {"locked"}, id="by-key"),
        pytest.param("row[row.name]", None, id="by-a-key-that-is-worked-out"),
        pytest.param("row.exists(name, name == 'x')", None, id="all-keys"),
        pytest.param("size(row) > 2", None, id="the-row-itself"),
        pytest.param(
            "row.keys.all(one, one.holder != row.owner)", {"keys", "owner"}, id="in-a-loop"
        ),
    ],
)
def test_the_fields_that_a_rule_reads_are_known(world, condition, expected):
    """None stands for any field."""
    fields = {"over": "acme.badge", "message": "m", "assert": condition}
    packs = world.compiled(world.rule_text(**fields))
    fields_read = packs.packs[0].groups[0].rules[0].conditions.fields_read
    assert fields_read == (None if expected is None else frozenset(expected))
