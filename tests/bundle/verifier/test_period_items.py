"""What happened belongs to the period in which it did, and is closed by later evidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.bundle.verifier.concluding.controls import (
    conclusion_of,
    unevaluated,
)
from ccm_core.bundle.verifier.concluding.items import Asked, is_month_of
from ccm_core.bundle.verifier.concluding.kinds import Collecting
from ccm_core.bundle.verifier.counting.period_items import (
    RANKS,
    ItemEvaluation,
    Items,
    item_status,
)
from ccm_core.bundle.verifier.scope import CLOSING, Need, Watch, period_evaluations

DAY = timedelta(days=1)
SINCE = datetime(2026, 8, 3, tzinfo=UTC)
UNTIL = SINCE + DAY
PERIOD = (SINCE, UNTIL)


def hours(number):
    """Return a moment, in hours from the beginning of the period."""
    return SINCE + timedelta(hours=number)


def counted(*said):
    """Count one item of which evaluations say some things: when, status, and what is odd of it."""
    items = Items(PERIOD)
    for number, (at, status, occurred_at, *odd) in enumerate(said):
        items.add(
            ItemEvaluation(
                key="acme.incident:1",
                occurred_at=None if occurred_at is None else hours(occurred_at),
                status=status,
                last=(hours(at), number),
                inside=0 <= at < 24,
                late="late" in odd,
                changed="changed" in odd,
            )
        )
    return dict(items.counts()), items.is_exception("acme.incident:1")


@pytest.mark.parametrize(
    ("said", "counts", "is_exception"),
    [
        pytest.param([(30, "fail", 23.5)], {"fail": 1}, True, id="the-last-hour-seen-next-day"),
        pytest.param([(30, "fail", 24.5)], {}, False, id="of-the-next-period"),
        pytest.param([(12, "fail", -1)], {}, False, id="of-the-period-before"),
        pytest.param(
            [(12, "open", 11), (30, "pass", 11)], {"pass": 1}, False, id="closed-by-late-evidence"
        ),
        pytest.param([(12, "open", 11)], {"open": 1}, False, id="open-at-the-cut-off"),
        pytest.param(
            [(12, "fail", 11), (30, "pass", 11)], {"pass": 1}, False, id="the-evidence-came-late"
        ),
        pytest.param(
            [(12, "fail", 11, "changed"), (30, "pass", 11)],
            {"fail": 1},
            True,
            id="a-limit-loosened-afterwards",
        ),
        pytest.param(
            [(12, "fail", 11), (30, "pass", 11, "late")],
            {"fail": 1},
            True,
            id="a-test-made-late-clears-nothing",
        ),
        pytest.param(
            [(12, "pass", 11), (13, "fail", 11, "late")],
            {"fail": 1},
            True,
            id="a-test-made-late-finds-more",
        ),
        pytest.param(
            [(12, "fail", None), (13, "pass", None)], {"fail": 1}, True, id="it-failed-at-some-time"
        ),
        pytest.param([(30, "fail", None)], {}, False, id="it-failed-after-the-period"),
        pytest.param([(12, "not_applicable", 11)], {}, False, id="not-in-the-population"),
        pytest.param(
            [(12, "fail", 11), (30, "not_applicable", 11)],
            {"fail": 1},
            True,
            id="what-failed-does-not-apply-any-more",
        ),
    ],
)
def test_an_item_counts_once_in_its_own_period(said, counts, is_exception):
    """Whatever evaluations say of it, and whenever."""
    assert counted(*said) == (counts, is_exception)


STATUS = st.sampled_from(RANKS)


@given(
    said=st.lists(st.tuples(st.integers(0, 60), STATUS), min_size=1, max_size=8),
    occurred=st.none() | st.integers(-5, 30),
)
def test_an_item_is_in_one_period_at_most(said, occurred):
    """Two periods that follow each other never both have what occurred."""
    both = []
    for begin in (SINCE, UNTIL):
        items = Items((begin, begin + DAY))
        for number, (at, status) in enumerate(said):
            items.add(
                ItemEvaluation(
                    key="k",
                    occurred_at=None if occurred is None else hours(occurred),
                    status=status,
                    last=(hours(at), number),
                    inside=begin <= hours(at) < begin + DAY,
                )
            )
        both.append(items.counts().total())
    assert max(both) <= 1
    if occurred is not None:
        assert sum(both) <= (0 <= occurred < 48)


@pytest.mark.parametrize(
    ("counts", "conclusion"),
    [
        pytest.param({"passed": 2, "open": 1}, "no_exceptions", id="some-closed"),
        pytest.param({"open": 1}, "open_at_cut_off", id="none-closed"),
        pytest.param({}, "no_occurrences", id="nothing-happened"),
        pytest.param({"inconclusive": 1}, "no_exceptions", id="within-the-tolerance"),
    ],
)
def test_nothing_that_happened_is_not_effective(counts, conclusion):
    """And what is not due yet has not passed."""
    zero = dict.fromkeys(("passed", "failed", "inconclusive", "open"), 0)
    assert conclusion_of([], [], [zero | counts]) == conclusion
    assert conclusion_of([], [{}], [zero | counts]) == "exceptions"
    assert conclusion_of([{}], [{}], [zero | counts]) == "evidence_incomplete"


WATCHED = Collecting("acme", Watch({"k": 6 * 3600.0}, 0, frozenset(), frozenset(), ""), [], [])


@pytest.mark.parametrize(
    ("evaluations", "closing", "now", "gaps"),
    [
        pytest.param([0], None, 48, [(0, 24)], id="once-at-midnight-and-never-again"),
        pytest.param([0, 8, 16], None, 48, [(16, 24)], id="nothing-saw-the-evening"),
        pytest.param([0, 8, 16], 24, 48, [], id="the-next-day-saw-it"),
        pytest.param([0, 8], 30, 48, [(20, 24)], id="too-far-apart"),
        pytest.param([0, 8, 16], None, 20, [], id="the-period-goes-on"),
        pytest.param([], None, 48, [(0, 24)], id="never"),
        pytest.param([], 30, 48, [(0, 24)], id="only-afterwards"),
    ],
)
def test_an_evaluation_says_nothing_of_what_happened_after_it(evaluations, closing, now, gaps):
    """The end of a period is proven by an evaluation that was made after it."""
    asked = Asked((SINCE, min(UNTIL, hours(now))), UNTIL)
    statuses = [(hours(at), "pass") for at in evaluations]
    closed = None if closing is None else hours(closing)
    found = unevaluated(statuses, closed, [Need("r", frozenset("k"), None)], [WATCHED], asked)
    assert [(gap["since"], gap["until"]) for gap in found] == [
        (hours(begin), hours(end)) for begin, end in gaps
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2026-08-03", True),
        ("2026-08", False),
        ("2026-07", False),
        ("2026-09", False),
        ("all", True),
        ("undated", True),
    ],
)
def test_a_share_is_judged_where_the_period_has_its_month_whole(name, expected):
    """A share over everything concerns every period."""
    assert is_month_of(name, None, Asked(PERIOD, UNTIL)) is expected


def test_evaluations_of_the_week_after_close_a_period():
    """Those after it are of another one."""
    moments = [SINCE - DAY, SINCE, UNTIL, UNTIL + CLOSING - DAY, UNTIL + CLOSING]
    log = {
        index: {"leaf": "evaluation", "evaluated_at": at.isoformat().replace("+00:00", "Z")}
        for index, at in enumerate(moments)
    }
    assert list(period_evaluations(log, SINCE, UNTIL)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("status", "is_due_later", "expected"),
    [
        ("not_applicable", True, "open"),
        ("not_applicable", False, "not_applicable"),
        ("fail", True, "fail"),
    ],
)
def test_what_is_not_due_yet_is_open(status, is_due_later, expected):
    """It has neither passed nor failed."""
    assert item_status(status, is_due_later=is_due_later) == expected
