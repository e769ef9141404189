"""Leaves of the usual form are read as their JSON is, and every other form is read as JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.bundle.verifier.proofs.leaf_table import LeafTable, pack_digest
from ccm_core.bundle.verifier.proofs.log_checks import read_fields
from ccm_core.bundle.verifier.strict_json import read_json, write_json

DIGEST = "sha256:" + "0a" * 32
LEAF = {
    "collection": "2026-07-01/hq/doors",
    "connection": "hq",
    "digest": DIGEST,
    "endpoint": "/doors",
    "key": "door 1",
    "kind": "acme.door",
    "kind_version": 1,
    "leaf": "version",
    "observed_at": "2026-07-01T00:00:00Z",
    "page": 3,
    "response_digest": DIGEST,
    "stored_at": "2026-07-01T00:00:01Z",
    "window_since": "2026-06-30T00:00:00Z",
    "window_until": "2026-07-01T00:00:00Z",
}
LINE = write_json(LEAF)


def read_as_json(line):
    """Return the leaf of a line as JSON is read; None where it is refused."""
    try:
        return read_fields(read_json(line))
    except (ValueError, UnicodeDecodeError):
        return None


def without(*names):
    """Return the line without some fields."""
    return write_json({name: value for name, value in LEAF.items() if name not in names})


@pytest.mark.parametrize(
    "line",
    [
        LINE,
        without("response_digest"),
        without("window_since", "window_until"),
        write_json({**LEAF, "key": "Tür 7 \u2028"}),
    ],
    ids=["whole", "without a response", "without a window", "other letters"],
)
def test_a_leaf_of_the_usual_form_is_read_as_its_json(line):
    """The table holds what it would hold of the JSON."""
    table = LeafTable()
    assert table.append_line(7, line)
    assert dict(table[7]) == read_as_json(line)
    assert list(table.versions()) == [
        (7, "acme.door", read_as_json(line)["key"], pack_digest(DIGEST))
    ]


@pytest.mark.parametrize(
    "line",
    [
        LINE.replace(b'"key":', b'"key":"door 2","key":'),
        LINE.replace(b"door 1", rb"door \u0031"),
        LINE.replace(b"door 1", b"door \x01"),
        LINE.replace(b'"page":3', b'"page": 3'),
        LINE.replace(b'"page":3', b'"page":03'),
        LINE.replace(b"sha256:0a", b"sha256:0A"),
        LINE[:-1] + b',"run":"r"}',
        LINE + b"\n",
        without("digest"),
        json.dumps(dict(reversed(LEAF.items()))).encode(),
    ],
    ids=[
        "a key twice",
        "an escape",
        "a control character",
        "white space",
        "a leading zero",
        "capital digits",
        "another field",
        "a line feed",
        "no digest",
        "another order",
    ],
)
def test_every_other_form_is_left_to_the_json_reader(line):
    """Nothing of it is in the table."""
    table = LeafTable()
    assert not table.append_line(7, line)
    assert len(table) == 0


@given(st.integers(0, len(LINE)), st.binary(max_size=3), st.integers(0, 3))
def test_no_change_of_a_line_is_read_otherwise_than_as_json(place, put_in, taken):
    """Whatever bytes stand in for others."""
    line = LINE[:place] + put_in + LINE[place + taken :]
    table = LeafTable()
    try:
        was_read = table.append_line(7, line)
    except UnicodeDecodeError:
        assert read_as_json(line) is None
        return
    if was_read:
        assert dict(table[7]) == read_as_json(line)
