"""Which leaves of a connection's log belong into a bundle."""

from __future__ import annotations

import pytest

from ccm_core.bundle.leaf_selection import LeafCriteria, select_leaves
from ccm_core.bundle.verifier.proofs.leaf_table import pack_digest
from ccm_core.model.period import parse_period

DOOR, LOCK, KNOCK = "acme.door", "acme.lock", "acme.knock"


def collected(name, kind, ended, *versions):
    """Return the leaves of a collection: itself, and key and digest of each version, or none."""
    return [
        {
            "leaf": "collection",
            "id": name,
            "kind": kind,
            "run": "r",
            "ended_at": ended,
            "digest": name,
        },
        *(
            {"leaf": "version", "collection": name, "kind": kind, "key": key}
            | ({"digest": digest} if digest else {})
            for key, digest in versions
        ),
    ]


def selected(leaves, **changes):
    """Return the leaves that are selected for July, as texts."""
    criteria = {
        "period": parse_period("2026-07").window,
        "kinds": {DOOR, KNOCK},
        "event_kinds": {KNOCK},
        "evidence_digests": set(),
    }
    indexes = select_leaves(enumerate(leaves), LeafCriteria(**criteria | changes))
    return [text(leaves[index]) for index in sorted(indexes)]


def text(leaf):
    """Return a short text of a leaf."""
    return leaf.get("id") or f"{leaf.get('key', leaf['leaf'])}={leaf.get('digest', '-')}"


JUNE, JULY, LATE, AUGUST = (f"2026-{month}-01T00:00:00Z" for month in ("06", "07", "07", "08"))


@pytest.mark.parametrize(
    ("leaves", "changes", "expected"),
    [
        pytest.param(
            [
                *collected("c1", DOOR, JUNE, ("a", "1"), ("b", "1"), ("c", "1")),
                *collected("c2", DOOR, JUNE, ("a", "2"), ("b", None)),
                *collected("c3", DOOR, JULY, ("c", "2")),
                *collected("c4", DOOR, AUGUST, ("c", "3")),
            ],
            {},
            ["c=1", "a=2", "c3", "c=2"],
            id="what was current before, and the collections of the period",
        ),
        pytest.param(
            [
                *collected("c1", DOOR, JULY, ("a", "1")),
                *collected("c2", DOOR, JUNE, ("a", "2")),
                *collected("c3", DOOR, AUGUST, ("a", "3")),
                *collected("c4", DOOR, LATE, ("a", "4")),
                *collected("c5", DOOR, AUGUST, ("a", "5")),
            ],
            {},
            ["c1", "a=1", "c2", "a=2", "c3", "a=3", "c4", "a=4"],
            id="a clock that went back or ahead leaves no gap",
        ),
        pytest.param(
            [*collected("c1", DOOR, JUNE, ("a", "1")), *collected("c2", DOOR, AUGUST, ("a", "2"))],
            {},
            ["a=1"],
            id="what was current in a period without a collection",
        ),
        pytest.param(
            [
                *collected("c1", DOOR, JUNE, ("a", "1")),
                *collected("c2", LOCK, JUNE, ("a", "1")),
                *collected("c3", DOOR, JUNE, ("a", "2")),
                *collected("c4", DOOR, JULY, ("a", "3")),
            ],
            {"last_collections": {"c2"}},
            ["a=1", "c2", "c3", "a=2", "c4", "a=3"],
            id="the last collection that an evaluation read, and every one after it",
        ),
        pytest.param(
            [*collected("c1", KNOCK, JUNE, ("a", "1"), ("b", "1"))],
            {"evidence_digests": {pack_digest("1")}},
            ["a=1", "b=1"],
            id="earlier events behind results",
        ),
        pytest.param(
            [
                *collected("c1", DOOR, JUNE, ("a", "1"), ("b", "1")),
                *collected("c2", DOOR, JUNE, ("a", None), ("b", "2")),
                *collected("c3", DOOR, JULY),
                *collected("c4", DOOR, LATE, ("a", "1")),
            ],
            {"evidence_digests": {pack_digest("1")}},
            ["a=1", "b=1", "a=-", "b=2", "c3", "c4", "a=1"],
            id="what became of older versions that are evidence",
        ),
        pytest.param(
            [*collected("c1", KNOCK, JUNE, ("a", "1"))], {}, [], id="earlier events otherwise"
        ),
        pytest.param(
            [*collected("c1", LOCK, JULY, ("a", "1"), ("b", "2"))],
            {"evidence_digests": {pack_digest("2")}},
            ["b=2"],
            id="a kind that the rules of today do not read",
        ),
        pytest.param(
            [
                {"leaf": "run", "id": "r1"},
                {"leaf": "manifest", "run": "r1", "digest": "m", "ended_at": JUNE},
                {"leaf": "other"},
                {"leaf": "other"},
            ],
            {"run_ends": {3}},
            ["r1", "manifest=m", "other=-"],
            id="every run, and whatever ended one",
        ),
    ],
)
def test_leaves_that_prove_completeness_are_selected(leaves, changes, expected):
    """And nothing more."""
    assert selected(leaves, **changes) == expected
