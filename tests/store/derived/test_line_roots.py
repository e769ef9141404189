"""Digests over the read model's lines change with each column of each line."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

CHANGES = {
    "subject/demo.view": [
        "UPDATE subject SET title = 'Another' WHERE key = 'demo.thing:a'",
        "UPDATE subject SET partition_name = 'another' WHERE key = 'demo.thing:b'",
        "UPDATE subject SET final = 1 WHERE key = 'demo.thing:b'",
        "DELETE FROM subject WHERE key = 'demo.thing:a'",
    ],
    "verdict/demo-pack/demo.view": [
        "UPDATE verdict SET statuses = 'pp' WHERE key = 'demo.thing:a'",
        "UPDATE verdict SET recheck_at = NULL WHERE key = 'demo.thing:b'",
    ],
    "trace/demo.view": ["DELETE FROM trace WHERE key = 'demo.thing:a'"],
    "partition/demo.view": [
        "UPDATE partition_member SET name = 'another' WHERE key = 'a'",
        "DELETE FROM partition_member WHERE key = 'b'",
    ],
}


@pytest.mark.parametrize(
    ("name", "statement"), [(name, text) for name, texts in CHANGES.items() for text in texts]
)
def test_a_changed_line_changes_the_digest_of_its_list(store, left, tmp_path, name, statement):
    """And of no other."""
    left.evaluation(store, 1, at=10)
    before = store.derived.line_roots("demo")
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database, database:
        database.execute(statement)
    after = store.derived.line_roots("demo")
    assert before.keys() == after.keys() == CHANGES.keys()
    assert {key for key in before if before[key] != after[key]} == {name}


def test_the_digests_of_lists_are_of_one_connection(store, left):
    """Another one has none."""
    left.evaluation(store, 1, at=10)
    assert store.derived.line_roots("other") == {}
