"""What a credential was shown not to see."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ccm_core.collect.visibility_gaps import MAX_LISTED, newest, unseen
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.manifest import VisibilityGap

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DENIED = Shortfall(reason=Reason.DENIED, detail="403")


def collection(
    kind: str, *falls: Shortfall, run: str = "r1", number: int = 1, amends: str | None = None
) -> Collection:
    """Make a collection of a run."""
    return Collection(
        id=f"{run}/{kind}/{number}",
        run=run,
        connection="prod",
        kind=kind,
        version=1,
        started_at=NOW,
        ended_at=NOW,
        outcome=Outcome.PARTIAL if falls else Outcome.COMPLETE,
        shortfalls=falls,
        amends=amends,
    )


def hidden(*keys: str) -> Shortfall:
    """Lack these objects."""
    return Shortfall(reason=Reason.HIDDEN_REFERENCES, detail="404", subjects=keys)


@pytest.mark.parametrize(
    ("falls", "found"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([DENIED], [VisibilityGap(kind="k", reason=Reason.DENIED)], id="all of it"),
        pytest.param(
            [hidden("b:2", "b:1"), hidden("b:1")],
            [
                VisibilityGap(
                    kind="k",
                    reason=Reason.HIDDEN_REFERENCES,
                    objects=2,
                    subjects=("b:1", "b:2"),
                )
            ],
            id="each object once",
        ),
        pytest.param(
            [Shortfall(reason=Reason.DENIED, detail="403", subjects=("b:1",)), DENIED],
            [VisibilityGap(kind="k", reason=Reason.DENIED, subjects=("b:1",))],
            id="one, and perhaps any other",
        ),
        pytest.param(
            [Shortfall(reason=Reason.RATE_LIMITED, detail="429")], [], id="no right was missing"
        ),
    ],
)
def test_visibility_gaps_count_and_list_missing_objects(falls, found):
    """What went wrong with the reading is no matter of the credential."""
    assert list(unseen([collection("k", *falls)])) == found


def test_visibility_gap_lists_a_bounded_number_of_objects():
    """All of them are counted."""
    (one,) = unseen([collection("k", hidden(*(f"b:{n:03}" for n in range(500))))])
    assert (one.objects, len(one.subjects)) == (500, MAX_LISTED)


def test_newest_collections_are_those_of_the_last_run_that_tried_a_kind():
    """Its windows together, each as it was amended; kinds that nobody collects any more are out."""
    collections = [
        collection("a", DENIED),
        collection("b"),
        collection("gone"),
        collection("a", run="r2"),
        collection("a", run="r2", number=2),
        collection("a", hidden("b:1"), run="r2", number=3, amends="r2/a/1"),
    ]
    found = [one.id for one in newest(collections, {"a", "b"})]
    assert found == ["r2/a/1", "r2/a/2", "r1/b/1"]
    assert newest(collections, {"a"})[0].shortfalls == (hidden("b:1"),)
