"""What is named and stands is forgotten; what leads nowhere is told."""

from __future__ import annotations

import pytest

from ccm_core.collect.references.reference_tracker import ReferenceTracker

STANDING = {"acme.team": {"T1", "T2"}}


def names(*keys, kind="acme.team"):
    """Give what a record R1 names in one field."""
    return {("team.id", kind, key): "R1" for key in keys}


@pytest.fixture
def asked():
    """Give the questions that were put to the store."""
    return []


@pytest.fixture
def tracker(asked):
    """Give names over a store in which some teams stand."""
    standing = {kind: set(keys) for kind, keys in STANDING.items()}

    def keys(kind, among):
        asked.append((kind, set(among)))
        return standing.get(kind, set()) & among

    made = ReferenceTracker(keys)
    made.standing = standing
    return made


def nowhere(tracker):
    """Give the keys that lead nowhere, by collection."""
    found = tracker.dangling().items()
    return {name: [one.key for one in dangling] for name, dangling in found if dangling}


def test_dangling_reference_names_its_referrer(tracker):
    """Only what leads nowhere is told, by the collection that names it, sorted."""
    tracker.add("c1", names("T2", "T9", "T1", "T3"), lambda _kind: True)
    tracker.add("c2", names("T9"), lambda _kind: True)

    assert nowhere(tracker) == {"c1": ["T3", "T9"], "c2": ["T9"]}
    (first, _) = tracker.dangling()["c1"]
    assert (first.field, first.kind, first.named_by) == ("team.id", "acme.team", "R1")


def test_resolved_reference_is_dropped_at_once(tracker, asked):
    """A thousand windows that name what stands leave nothing to be held or asked at the end."""
    for number in range(1000):
        tracker.add(f"c{number}", names("T1", "T2"), lambda _kind: True)
    asked.clear()

    assert tracker.dangling() == {}
    assert asked == []


def test_reference_to_a_pending_snapshot_is_kept(tracker):
    """What a snapshot that is still to be read no longer lists leads nowhere at the end."""
    tracker.add("c1", names("T1", "T2"), lambda _kind: False)
    tracker.standing["acme.team"].discard("T2")

    assert nowhere(tracker) == {"c1": ["T2"]}


def test_reference_resolved_later_in_the_run_is_not_dangling(tracker):
    """A kind that is read after what names it is looked at when the run ends."""
    tracker.add("c1", names("T3", "T4"), lambda _kind: True)
    tracker.standing["acme.team"].add("T3")

    assert nowhere(tracker) == {"c1": ["T4"]}
