"""Lookups: what is named and not listed is asked for once, and what is hidden is said."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ccm_core.collect.references.dangling_lookup import MAX_LOOKUPS, amendments, look_up_all
from ccm_core.errors import AuthenticationFailed, Unreachable
from ccm_core.model.evidence.collection import Collection, Dangling, LookupOutcome, Outcome, Reason

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def collection(outcome: Outcome = Outcome.COMPLETE) -> Collection:
    """Make a collection of a kind that names others."""
    return Collection(
        id="run/fake.thing/1",
        run="run",
        connection="fake-prod",
        kind="fake.thing",
        version=1,
        started_at=NOW,
        ended_at=NOW,
        outcome=outcome,
    )


def named(*keys: str, kind: str = "fake.owner") -> dict[str, tuple[Dangling, ...]]:
    """Say that the collection's records name these."""
    return {
        "run/fake.thing/1": tuple(
            Dangling(field="owner.id", kind=kind, key=key, named_by="T1") for key in keys
        )
    }


def asked(answers: dict, log: list):
    """Make a source that answers so."""

    async def look_up(kind: str, key: str) -> LookupOutcome:
        log.append((kind, key))
        answer = answers[key]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return look_up


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        pytest.param(LookupOutcome.FOUND, None, id="there, though not listed by its window"),
        pytest.param(LookupOutcome.DELETED, None, id="gone: a finding, no gap"),
        pytest.param(LookupOutcome.HIDDEN, Reason.HIDDEN_REFERENCES, id="hidden"),
        pytest.param(LookupOutcome.NOT_FOUND, Reason.HIDDEN_REFERENCES, id="deleted or hidden"),
        pytest.param(
            LookupOutcome.UNLISTED, Reason.CONTRADICTED, id="there, and its listing lacks it"
        ),
        pytest.param(Unreachable("no answer"), Reason.SOURCE_ERROR, id="the source did not say"),
    ],
)
def test_hidden_reference_makes_its_kind_partial(told, reason):
    """The amendment names the objects, so that only what rests on them is in doubt."""
    found = asyncio.run(look_up_all(named("X"), asked({"X": told}, [])))
    amended = amendments([collection()], found, NOW)

    assert bool(amended) is (reason is not None)
    for one in amended:
        assert one.outcome is Outcome.PARTIAL
        assert one.amends == "run/fake.thing/1"
        assert [(fall.reason, fall.subjects) for fall in one.shortfalls] == [
            (reason, ("fake.owner:X",))
        ]


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        pytest.param(LookupOutcome.NOT_FOUND, LookupOutcome.DELETED, id="deleted or hidden"),
        pytest.param(LookupOutcome.HIDDEN, LookupOutcome.HIDDEN, id="hidden"),
        pytest.param(LookupOutcome.UNKNOWN, LookupOutcome.UNKNOWN, id="not said"),
    ],
)
def test_object_that_a_complete_list_once_had_was_deleted(told, outcome):
    """Where the source says "deleted or hidden", the earlier list tells which of the two."""
    found = asyncio.run(
        look_up_all(
            named("X", "Y"),
            asked({"X": told, "Y": LookupOutcome.NOT_FOUND}, []),
            lambda kind, keys: keys & {"X"} if kind == "fake.owner" else frozenset(),
        )
    )
    assert [one.lookup_outcome for one in found["run/fake.thing/1"]] == [
        outcome,
        LookupOutcome.NOT_FOUND,
    ]


def test_dangling_lookup_requests_each_object_once():
    """However often it is named."""
    log: list = []
    dangling = named("X", "X", "Y")
    asyncio.run(
        look_up_all(dangling, asked({"X": LookupOutcome.DELETED, "Y": LookupOutcome.DELETED}, log))
    )
    assert log == [("fake.owner", "X"), ("fake.owner", "Y")]


def test_references_past_the_lookup_bound_are_in_doubt():
    """Not asking is not knowing."""
    keys = [f"K{number:03}" for number in range(MAX_LOOKUPS + 2)]
    log: list = []
    found = asyncio.run(
        look_up_all(named(*keys), asked(dict.fromkeys(keys, LookupOutcome.DELETED), log))
    )
    ((amended,),) = [amendments([collection()], found, NOW)]
    assert len(log) == MAX_LOOKUPS
    assert amended.shortfalls[0].subjects == tuple(
        f"fake.owner:{key}" for key in keys[MAX_LOOKUPS:]
    )


def test_rejected_credential_ends_the_lookups():
    """Nothing is asked after a 401; what was not asked is in doubt."""
    log: list = []
    found = asyncio.run(
        look_up_all(named("X", "Y"), asked({"X": AuthenticationFailed("401")}, log))
    )
    assert log == [("fake.owner", "X")]
    assert {one.lookup_outcome for one in found["run/fake.thing/1"]} == {LookupOutcome.FAILED}


def test_amendment_keeps_a_failed_outcome():
    """An amendment never makes an outcome better."""
    found = asyncio.run(look_up_all(named("X"), asked({"X": LookupOutcome.HIDDEN}, [])))
    (amended,) = amendments([collection(Outcome.FAILED)], found, NOW)
    assert amended.outcome is Outcome.FAILED


def test_listing_without_a_hidden_object_is_partial_too():
    """A rule over the hidden kind rests on its listing, not on what named the object."""
    listing = replace(collection(), id="run/fake.owner/1", kind="fake.owner")
    found = asyncio.run(look_up_all(named("X"), asked({"X": LookupOutcome.HIDDEN}, [])))
    amended = amendments([listing, collection()], found, NOW)
    assert {one.kind: one.shortfalls[0].subjects for one in amended} == {
        "fake.owner": ("fake.owner:X",),
        "fake.thing": ("fake.owner:X",),
    }
