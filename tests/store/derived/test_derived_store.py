"""Rows and verdicts are kept by change, and their read model counts and lists them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ccm_core.model.evaluation.derived import (
    ALWAYS,
    DerivedBatch,
    SubjectCount,
    SubjectLine,
    VerdictLine,
    derived_log,
    rows_kind,
)
from ccm_core.model.evidence.write_batch import WriteBatch
from ccm_core.store.derived.derived_store import SqlDerivedStore

VIEW, PACK = "demo.things", "demo-pack"


@pytest.fixture
def derived(store):
    """Return the rows and verdicts of a store on disk."""
    return SqlDerivedStore(store._database)


def subject(key, **fields):
    """Return the line of a subject."""
    return SubjectLine(view=VIEW, key=key, title=key.upper(), **fields)


def verdict(key, statuses, recheck_at=None):
    """Return the line of a verdict."""
    return VerdictLine(pack=PACK, view=VIEW, key=key, statuses=statuses, recheck_at=recheck_at)


def test_counts_are_of_the_period_by_statuses_and_day(derived, build):
    """What is final and occurred before the period does not count; what is open does."""
    derived.append(
        DerivedBatch(
            connection="demo",
            subjects=[
                subject("old", occurred_at=build.at(-3000), final=True),
                subject("open", occurred_at=build.at(-3000)),
                subject("new", occurred_at=build.at(10), final=True),
                subject("late", occurred_at=build.at(20), final=True),
                subject("timeless"),
            ],
            verdicts=[
                verdict("old", "f"),
                verdict("open", "f"),
                verdict("new", "p"),
                verdict("late", "p"),
                verdict("timeless", "n"),
            ],
        )
    )
    day = (build.at(0) - datetime(1970, 1, 1, tzinfo=UTC)).days
    assert derived.status_counts("demo", PACK, VIEW, build.at(0)) == [
        SubjectCount(statuses="f", day=day - 3, subjects=1, in_period=False),
        SubjectCount(statuses="n", day=None, subjects=1),
        SubjectCount(statuses="p", day=day, subjects=2),
    ]


@pytest.mark.parametrize(
    ("recheck_at", "is_due"),
    [(None, False), (ALWAYS, True), (5, True), (10, True), (11, False)],
)
def test_a_subject_is_due_by_its_moment(derived, build, recheck_at, is_due):
    """Those without a moment are looked at with their row alone, some each time."""
    moment = build.at(recheck_at) if isinstance(recheck_at, int) else recheck_at
    lines = [subject("a"), subject("b"), subject("old", occurred_at=build.at(-9), final=True)]
    verdicts = [verdict("a", "d", moment)]
    derived.append(DerivedBatch(connection="demo", subjects=lines, verdicts=verdicts))
    period = {"since": build.at(0), "until": build.at(10)}
    expected = {"a", "b"} if is_due else {"b"}  # of which there is none yet
    assert derived.keys_to_judge("demo", PACK, VIEW, **period) == expected
    period["until"] = None
    assert derived.keys_to_judge("demo", PACK, VIEW, **period) == {"a", "b"}
    assert list(derived.verdicts("demo", PACK, VIEW)) == [verdict("a", "d", moment)]


def test_traces_lead_from_records_to_subjects(derived):
    """A line that is written again has its last trace alone."""
    lines = [subject("a", trace=("service:S1",)), subject("b", trace=("service:S1", "user:U1"))]
    derived.append(DerivedBatch(connection="demo", subjects=lines))
    assert derived.derived_from("demo", VIEW, ["service:S1"]) == {"a", "b"}
    derived.append(DerivedBatch(connection="demo", subjects=[subject("b", trace=("user:U2",))]))
    assert derived.derived_from("demo", VIEW, ["service:S1", "user:U1"]) == {"a"}
    assert derived.derived_from("demo", VIEW, ["user:U2"]) == {"b"}
    assert derived.derived_from("other", VIEW, ["user:U2"]) == set()


@pytest.mark.parametrize(
    ("after", "until", "keys"),
    [
        ("", None, {"a", "b", "c"}),
        ("", "a", {"a"}),
        ("a", "b", {"b"}),
        ("b", None, {"c"}),
        ("c", None, set()),
    ],
)
def test_indexed_records_are_read_by_ranges_of_keys(derived, after, until, keys):
    """After one key and up to another, so that ranges one after the other are all of them."""
    members = {"a": ["n"], "b": ["n", "m"], "c": ["m"]}
    derived.append(DerivedBatch(connection="demo", members={(VIEW, "kind"): members}))
    assert derived.member_keys("demo", VIEW, "kind", after=after, until=until) == keys
    assert derived.member_keys("demo", VIEW, "other", after=after, until=until) == set()


def test_removed_subjects_leave_no_line(derived):
    """Neither the subject, nor its trace, nor its verdict remains in the read model."""
    derived.append(
        DerivedBatch(
            connection="demo",
            subjects=[subject("a", trace=("x:1",)), subject("b", owners=("Team",), url="u")],
            verdicts=[verdict("a", "p"), verdict("b", "f")],
        )
    )
    derived.append(
        DerivedBatch(
            connection="demo",
            removed_subjects={VIEW: ["a"]},
            removed_verdicts={(PACK, VIEW): ["a"]},
        )
    )
    assert list(derived.subjects("demo", VIEW)) == [subject("b", owners=("Team",), url="u")]
    assert list(derived.verdicts("demo", PACK, VIEW)) == [verdict("b", "f")]
    assert derived.derived_from("demo", VIEW, ["x:1"]) == set()


def test_rows_are_versions_of_the_second_log(store, derived, build):
    """They are kept by change and vanish by name, and evidence of the connection is none of it."""
    log = derived_log("demo")
    store.runs.begin(build.run("r2", connection=log))
    for name, keys, vanished in (("c1", ("a", "b"), ()), ("c2", ("b",), ("a",))):
        collection = build.collection(name, run="r2", connection=log, kind=rows_kind(VIEW))
        batch = WriteBatch(
            collection=collection,
            observations=[build.observation(collection, key, {"key": key}) for key in keys],
            vanished=vanished,
        )
        derived.append(DerivedBatch(connection="demo", batches=[batch]))
    assert [record.key for record in store.records.current(log, rows_kind(VIEW))] == ["b"]
    assert [record.key for record in store.records.vanished(log, rows_kind(VIEW))] == ["a"]
    assert store.runs.collections("demo") == []
    assert [c.counts.tombstones for c in store.runs.collections(log)] == [0, 1]


def test_a_batch_is_kept_whole_or_not_at_all(store, derived, build):
    """Where a row is refused, the read model is as it was."""
    collection = build.collection(
        "c1", run="r9", connection=derived_log("demo"), kind=rows_kind(VIEW)
    )
    batch = WriteBatch(collection=collection)
    with pytest.raises(Exception, match="r9"):
        derived.append(DerivedBatch(connection="demo", batches=[batch], subjects=[subject("a")]))
    assert list(derived.subjects("demo", VIEW)) == []
