"""The store against a few lines of plain Python, over random sequences of harvests."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.model.evidence.collection import Outcome
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

KEYS = st.sampled_from(["", "a", "A", "é", "a/b", "a\0b", "'", "%", "\uffff", "\U0001f600"])
SETTINGS = StoreLocation(url="sqlite:///ccm.db")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One harvest to be kept."""

    kind: str
    snapshot: bool
    outcome: Outcome
    at: int
    population: dict[str, int]


STEPS = st.lists(
    st.builds(
        Step,
        kind=st.sampled_from(["demo.thing", "demo.part"]),
        snapshot=st.booleans(),
        outcome=st.sampled_from([Outcome.COMPLETE, Outcome.COMPLETE, Outcome.PARTIAL]),
        at=st.integers(0, 5),  # few moments, so that the clock stands still and goes back
        population=st.dictionaries(KEYS, st.integers(0, 2), max_size=5),
    ),
    max_size=10,
)


@dataclass
class Model:
    """What a store should say: a list of everything ever kept."""

    versions: list = field(default_factory=list)

    def keep(self, step):
        """Append what changed, vanished or is dated later; give how many, and of the unchanged."""
        standing = self.state(step.kind)
        dates = {k: at for of, at, k, _ in self.versions if of == step.kind}
        later = {k for k, at in dates.items() if at > step.at}
        changed = {k: n for k, n in step.population.items() if standing.get(k) != n or k in later}
        vanished = []
        if step.snapshot and step.outcome is Outcome.COMPLETE:
            vanished = [key for key in {*standing, *later} if key not in step.population]
        self.versions += [(step.kind, step.at, key, n) for key, n in changed.items()]
        self.versions += [(step.kind, step.at, key, None) for key in vanished]
        return len(changed), len(step.population) - len(changed), len(vanished)

    def state(self, kind, as_of=99):
        """Return the newest value of every key that has not vanished, sorted."""
        newest = {k: n for of, at, k, n in self.versions if of == kind and at <= as_of}
        return {key: newest[key] for key in sorted(newest) if newest[key] is not None}

    def history(self, kind, key, as_of=99):
        """Return every value that a key ever had, by a moment."""
        mine = [(at, n) for of, at, k, n in self.versions if (of, k) == (kind, key)]
        return [n for at, n in mine if n is not None and at <= as_of]


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory, build):
    """Return the folder of a store with one run, to be copied: making one takes longer."""
    folder = tmp_path_factory.mktemp("empty")
    with closing(open_store(SETTINGS, base=folder)) as store:
        store.runs.begin(build.run())
    return folder


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_the_store_agrees_with_a_model(empty_store, build, steps):
    """Counts, states of every moment, histories: after any sequence of harvests."""
    model = Model()
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(empty_store, name, dirs_exist_ok=True)
        with closing(open_store(SETTINGS, base=Path(name))) as store:
            for number, step in enumerate(steps):
                assert keep(store, build, f"c{number}", step) == model.keep(step)
            assert_same(store, build, model, steps)


def keep(store, build, name, step):
    """Keep a step; give what the store counted."""
    harvest = build.harvest(
        name,
        {key: {"n": n} for key, n in step.population.items()},
        kind=step.kind,
        snapshot=step.snapshot,
        outcome=step.outcome,
        at=step.at,
    )
    collection = store.records.append(harvest)
    assert (collection.population_root is not None) == (
        step.snapshot and step.outcome is Outcome.COMPLETE
    )
    return collection.counts.appended, collection.counts.unchanged, collection.counts.tombstones


def assert_same(store, build, model, steps):
    """Compare everything that both can say."""
    assert [c.id for c in store.runs.collections("demo")] == [f"c{n}" for n in range(len(steps))]
    counts = {count.kind: (count.records, count.versions) for count in store.records.counts()}
    for kind in {step.kind for step in steps}:
        standing = model.state(kind)
        values = [n for of, _, _, n in model.versions if of == kind and n is not None]
        assert counts[kind] == (len(standing), len(values))
        assert listed(store.records.current("demo", kind)) == list(standing.items())
        for at in range(6):
            past = listed(store.records.current("demo", kind, as_of=build.at(at)))
            assert past == list(model.state(kind, at).items())
            past_counts = {c.kind: c.records for c in store.records.counts(as_of=build.at(at))}
            assert past_counts.get(kind, 0) == len(past)
            current = store.records.current_counts(as_of=build.at(at))
            assert {c.kind: c.records for c in current} == past_counts
        for key in {key for step in steps for key in step.population}:
            history = [record.body["n"] for record in store.records.history("demo", kind, key)]
            assert history == model.history(kind, key)
            for at in range(6):
                past = store.records.history("demo", kind, key, as_of=build.at(at))
                assert [record.body["n"] for record in past] == model.history(kind, key, at)


def listed(records):
    """Return pairs of key and value in the order in which they were given."""
    return [(record.key, record.body["n"]) for record in records]
