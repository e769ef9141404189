"""Whether evidence may be relied on, and that nothing makes it look better than it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from door_sufficiency import DAY, HOUR, NOW, stands, window

from ccm_core.model.evidence.collection import Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.sdk.types import Shape

ANY = Shortfall(reason=Reason.DENIED, detail="GET /doors answered 403")
LOST = Shortfall(reason=Reason.SOURCE_ERROR, detail="GET /doors answered 502")
SOME = Shortfall(reason=Reason.TRUNCATED, detail="page 3 is missing", subjects=("acme.door:D1",))


# -- snapshots --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("collections", "fields", "problem"),
    [
        pytest.param([], {}, "acme.door was never collected", id="never"),
        pytest.param([{"ago": HOUR}], {}, None, id="complete-and-fresh"),
        pytest.param([{"ago": 2 * HOUR}], {}, None, id="just-within-twice-the-cadence"),
        pytest.param(
            [{"ago": 3 * HOUR}],
            {},
            "acme.door: collected 2026-03-15T09:00:00Z, allowed age 2h",
            id="stale",
        ),
        pytest.param([{"ago": 3 * HOUR}], {"max_age": DAY}, None, id="own-limit-is-wider"),
        pytest.param(
            [{"ago": HOUR}],
            {"max_age": HOUR / 2},
            "acme.door: collected 2026-03-15T11:00:00Z, allowed age 30m",
            id="own-limit-is-tighter",
        ),
        pytest.param(
            [{"outcome": Outcome.PARTIAL}],
            {},
            "acme.door is partial (denied: GET /doors answered 403)",
            id="partial",
        ),
        pytest.param(
            [{"outcome": Outcome.UNAVAILABLE}],
            {},
            "acme.door is unavailable (denied: GET /doors answered 403)",
            id="unavailable",
        ),
        pytest.param(
            [{"outcome": Outcome.FAILED, "falls": ()}],
            {},
            "acme.door is failed (no reason was given)",
            id="failed-without-a-reason",
        ),
        pytest.param(
            [{"falls": (ANY,)}],
            {},
            "acme.door is partial (denied: GET /doors answered 403)",
            id="complete-that-contradicts-itself",
        ),
        pytest.param(
            [{"outcome": Outcome.FAILED, "falls": (SOME,)}],
            {},
            "acme.door is failed (truncated: page 3 is missing)",
            id="a-failure-is-never-narrowed-to-subjects",
        ),
        pytest.param(
            [{"outcome": Outcome.PARTIAL, "falls": (SOME, ANY)}],
            {},
            "acme.door is partial (denied: GET /doors answered 403)",
            id="one-shortfall-may-concern-anything",
        ),
        pytest.param(
            [{"ago": HOUR}, {"outcome": Outcome.UNAVAILABLE, "falls": (ANY,)}],
            {},
            "acme.door is unavailable (denied: GET /doors answered 403)",
            id="the-newest-counts-not-the-best",
        ),
        pytest.param(
            [{"ago": HOUR}, {"outcome": Outcome.FAILED, "falls": (LOST,)}],
            {},
            None,
            id="a-transport-failure-states-nothing",
        ),
        pytest.param(
            [{"ago": 3 * HOUR}, {"outcome": Outcome.FAILED, "falls": (LOST,)}],
            {},
            "acme.door is failed (source_error: GET /doors answered 502)",
            id="a-transport-failure-behind-evidence-that-is-too-old",
        ),
        pytest.param(
            [
                {"ago": HOUR},
                {"outcome": Outcome.UNAVAILABLE, "falls": (ANY,), "ago": HOUR / 2},
                {"outcome": Outcome.FAILED, "falls": (LOST,)},
            ],
            {},
            "acme.door is unavailable (denied: GET /doors answered 403)",
            id="a-transport-failure-behind-a-denial",
        ),
        pytest.param(
            [{"ago": HOUR}, {"outcome": Outcome.PARTIAL, "falls": (LOST, ANY)}],
            {},
            "acme.door is partial (denied: GET /doors answered 403, source_error: GET /doors "
            "answered 502)",
            id="a-denial-beside-a-transport-failure",
        ),
        pytest.param([{"outcome": Outcome.FAILED, "ago": HOUR}, {}], {}, None, id="fixed-since"),
        pytest.param(
            [{"ago": -3 * HOUR}],
            {},
            "acme.door is dated 2026-03-15T15:00:00Z, after the evaluation; check the clock",
            id="from-the-future",
        ),
        pytest.param(
            [{"connection": "elsewhere"}, {"kind": "acme.person"}],
            {},
            "acme.door was never collected",
            id="what-others-collected-does-not-count",
        ),
    ],
)
def test_a_snapshot_is_as_sufficient_as_its_newest_collection(
    collection, collections, fields, problem
):
    """The newest snapshot that states anything decides; what is wrong with it is said plainly."""
    sufficiency = stands([collection(**fields_) for fields_ in collections], **fields)

    assert sufficiency.problem == problem
    assert sufficiency.subjects == ()


def test_a_shortfall_that_names_its_subjects_leaves_the_others_sufficient(collection):
    """Where every shortfall names the only objects concerned, the kind itself has no problem."""
    sufficiency = stands([collection(Outcome.PARTIAL, falls=(SOME,))])

    assert sufficiency.problem is None
    assert sufficiency.subjects == ("acme.door:D1",)
    assert sufficiency.outcome is Outcome.PARTIAL
    assert sufficiency.shortfalls == (SOME,)


def test_a_problem_lists_the_first_reasons_only(collection):
    """Three reasons are written out; the standing carries all of them."""
    falls = [Shortfall(reason=Reason.DENIED, detail=f"door {n}") for n in range(5)]
    sufficiency = stands([collection(Outcome.PARTIAL, falls=falls)])

    assert sufficiency.problem == (
        "acme.door is partial (denied: door 0, denied: door 1, denied: door 2 and 2 more)"
    )
    assert len(sufficiency.shortfalls) == 5


# -- events -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("collections", "problem"),
    [
        pytest.param([{"window": window(10, 0)}], None, id="one-window-covers-all"),
        pytest.param(
            [{"window": window(10, 4), "ago": 4 * HOUR}, {"window": window(5, 0)}],
            None,
            id="windows-that-overlap",
        ),
        pytest.param([{"window": window(10, 1), "ago": HOUR}], None, id="the-end-is-fresh-enough"),
        pytest.param(
            [{"window": window(10, 3), "ago": 3 * HOUR}],
            "acme.door: collected up to 2026-03-15T09:00:00Z, allowed age 2h",
            id="the-end-is-too-old",
        ),
        pytest.param(
            [{"window": window(10, 6), "ago": 6 * HOUR}, {"window": window(5, 0)}],
            "acme.door was never collected for 2026-03-15T06:00:00Z to 2026-03-15T07:00:00Z",
            id="a-gap-in-the-middle",
        ),
        pytest.param(
            [{"window": window(8, 0)}],
            "acme.door was never collected for the start of the evaluated period, up to "
            "2026-03-15T04:00:00Z",
            id="a-gap-at-the-beginning",
        ),
        pytest.param(
            [],
            "acme.door was never collected",
            id="never",
        ),
        pytest.param(
            [{"window": window(20, 15), "ago": 15 * HOUR}],
            "acme.door was never collected for any part of the evaluated period",
            id="only-before-the-period",
        ),
        pytest.param(
            [{"window": None}],
            "acme.door was never collected for any part of the evaluated period",
            id="a-collection-without-a-window-covers-nothing",
        ),
        pytest.param(
            [
                {"window": window(10, 0), "ago": HOUR / 2},
                {"window": window(3, 2), "outcome": Outcome.UNAVAILABLE},
            ],
            "acme.door is unavailable for 2026-03-15T09:00:00Z to 2026-03-15T10:00:00Z "
            "(denied: GET /doors answered 403)",
            id="an-interval-that-was-denied-at-last",
        ),
        pytest.param(
            [
                {"window": window(10, 0), "ago": HOUR / 2},
                {"window": window(3, 2), "outcome": Outcome.FAILED, "falls": (LOST,)},
            ],
            None,
            id="an-interval-that-was-read-before-a-transport-failure",
        ),
        pytest.param(
            [
                {"window": window(10, 3), "ago": HOUR / 2},
                {"window": window(3, 0), "outcome": Outcome.FAILED, "falls": (LOST,)},
            ],
            "acme.door is failed for 2026-03-15T09:00:00Z to 2026-03-15T12:00:00Z "
            "(source_error: GET /doors answered 502)",
            id="an-end-that-was-never-read-and-is-too-long",
        ),
        pytest.param(
            [
                {"window": window(10, 1), "ago": HOUR / 2},
                {"window": window(1, 0), "outcome": Outcome.FAILED, "falls": (LOST,)},
            ],
            None,
            id="an-end-that-was-not-read-yet",
        ),
        pytest.param(
            [
                {"window": window(3, 2), "outcome": Outcome.FAILED, "ago": HOUR},
                {"window": window(10, 0)},
            ],
            None,
            id="a-failed-interval-that-was-read-again",
        ),
        pytest.param(
            [{"window": Window(NOW - 10 * HOUR, NOW + DAY), "ago": 4 * HOUR}],
            "acme.door: collected up to 2026-03-15T08:00:00Z, allowed age 2h",
            id="a-window-cannot-speak-of-what-came-after-it",
        ),
        pytest.param(
            [{"window": window(10, 0), "ago": -3 * HOUR}],
            "acme.door is dated 2026-03-15T15:00:00Z, after the evaluation; check the clock",
            id="from-the-future",
        ),
    ],
)
def test_events_are_sufficient_where_every_interval_of_the_period_is(
    collection, collections, problem
):
    """Each interval of the period needs a newest collection that is complete."""
    sufficiency = stands([collection(**fields_) for fields_ in collections], Shape.EVENT)

    assert sufficiency.problem == problem


@pytest.mark.parametrize(
    ("refreshes", "problem", "subjects"),
    [
        pytest.param([{"ago": HOUR / 2}], None, (), id="read again"),
        pytest.param(
            [], "changes of acme.door after it was collected were never collected", (), id="never"
        ),
        pytest.param(
            [{"ago": 3 * HOUR}],
            "changes of acme.door: collected 2026-03-15T09:00:00Z, allowed age 2h",
            (),
            id="long ago",
        ),
        pytest.param(
            [{"ago": HOUR, "outcome": Outcome.FAILED, "falls": (ANY,)}],
            "acme.door is failed (denied: GET /doors answered 403)",
            (),
            id="in vain",
        ),
        pytest.param(
            [
                {"ago": HOUR, "outcome": Outcome.FAILED, "falls": (ANY,)},
                {"ago": HOUR / 2},
            ],
            None,
            (),
            id="fixed since",
        ),
        pytest.param(
            [{"ago": HOUR / 2, "outcome": Outcome.PARTIAL, "falls": (SOME,)}],
            None,
            ("acme.door:D1",),
            id="all but one",
        ),
    ],
)
def test_old_events_that_may_change_must_have_been_refreshed(
    collection, refreshes, problem, subjects
):
    """Windows alone do not say how things are with what is older."""
    windows = [collection(window=window(11, 0), ago=timedelta(0))]
    refreshed = [collection(window=None, **fields) for fields in refreshes]
    sufficiency = stands([*refreshed, *windows], Shape.EVENT, refreshed=True)
    assert (sufficiency.problem, sufficiency.subjects) == (problem, subjects)


def test_an_event_kind_has_the_incomplete_subjects_of_every_interval(collection):
    """Subjects that single windows lack are put together."""
    second = replace(SOME, subjects=("acme.door:D2",))
    sufficiency = stands(
        [
            collection(Outcome.PARTIAL, window=window(10, 5), ago=5 * HOUR, falls=(SOME,)),
            collection(Outcome.PARTIAL, window=window(5, 0), falls=(second,)),
        ],
        Shape.EVENT,
    )

    assert (sufficiency.problem, sufficiency.subjects) == (None, ("acme.door:D1", "acme.door:D2"))


def test_the_age_of_a_past_period_is_measured_at_its_end(collection):
    """Evidence of a past period does not grow stale: its end counts, not the moment of asking."""
    past = Window(NOW - 20 * DAY, NOW - 10 * DAY)
    sufficiency = stands([collection(window=past, ago=9 * DAY)], Shape.EVENT, period=past)

    assert sufficiency.problem is None
