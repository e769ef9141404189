"""What bodies repeat is kept once, and says what it said."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.evidence.record import Record, RecordSource
from ccm_core.model.json_codec import encode
from ccm_core.pipeline.interning import interned

VALUES = st.recursive(
    st.none() | st.booleans() | st.sampled_from([0, 1, 1.0, "", "a", "b"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
BODIES = st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3)


def record(body):
    """Return a record with a body."""
    return Record(
        kind="acme.door",
        version=1,
        key="A",
        connection="hq",
        observed_at=datetime(2026, 1, 1, tzinfo=UTC),
        collection="c",
        source=RecordSource(endpoint="/doors", page=1, response_digest="sha256:0"),
        body=body,
        digest="sha256:0",
    )


@given(bodies=st.lists(BODIES, max_size=6))
def test_interned_bodies_are_equal_to_the_originals(bodies):
    """Byte for byte: 1, 1.0 and true are three values, and null is not absent."""
    records = list(interned([record(deepcopy(body)) for body in bodies]))

    assert [encode(body.body) for body in records] == [encode(body) for body in bodies]


def test_equal_references_are_one_object():
    """In a field and in a list; what is written differently stays apart."""
    person = {"id": "P1", "url": None}
    first, second, third = interned(
        record(deepcopy(body))
        for body in ({"by": person}, {"to": [person]}, {"by": {"id": "P1", "url": ""}})
    )

    assert first.body["by"] is second.body["to"][0]
    assert third.body["by"] == {"id": "P1", "url": ""}
