"""How reports word numbers, moments and statuses."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ccm_core.model.assurance import Conclusion
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome, Reason
from ccm_core.model.evidence.manifest import VisibilityGap
from ccm_core.report.content import phrases


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param(0, "0s", id="nothing"),
        pytest.param(0.42, "0.4s", id="part of a second"),
        pytest.param(59, "59s", id="seconds"),
        pytest.param(60, "1m", id="a whole minute"),
        pytest.param(125, "2m5s", id="minutes and seconds"),
        pytest.param(3 * 3600 + 59, "3h", id="too small to show"),
        pytest.param(26 * 3600, "1d2h", id="days and hours"),
        pytest.param(-90, "-1m30s", id="backwards"),
    ],
)
def test_durations(seconds, expected):
    """A duration is written in its two largest units, as in settings."""
    assert phrases.duration(seconds) == expected


def test_moments():
    """An instant of any zone is written in UTC."""
    there = timezone(timedelta(hours=5, minutes=30))
    assert phrases.moment(datetime(2026, 5, 6, 2, 10, 59, tzinfo=there)) == "2026-05-05 20:40 UTC"


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "0 checks"), (1, "1 check"), (12345, "12,345 checks")],
)
def test_counts(number, expected):
    """A number agrees with its noun."""
    assert phrases.count(number, "check") == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_lists(names, expected):
    """Names are joined as in a sentence."""
    assert phrases.listed(names) == expected


def test_every_status_outcome_and_reason_has_words():
    """And every conclusion of a period."""
    assert set(phrases.CONCLUSION) == set(Conclusion)
    assert set(phrases.STATUS) == set(Status)
    assert set(phrases.OUTCOME) == {*Outcome, None}
    assert set(phrases.REASON) == set(Reason)


@pytest.mark.parametrize(
    ("unseen", "expected"),
    [
        pytest.param({"reason": "denied"}, "access was denied", id="all of it"),
        pytest.param(
            {"reason": "hidden_references", "objects": 2, "subjects": ("a:1", "a:2")},
            "references to objects that are not visible: a:1, a:2",
            id="two",
        ),
        pytest.param(
            {"reason": "hidden_references", "objects": 12, "subjects": ("a:1", "a:2")},
            "references to objects that are not visible: a:1, a:2 and 10 more",
            id="more than are named",
        ),
        pytest.param(
            {"reason": "denied", "subjects": ("a:1",)},
            "access was denied: a:1, and it may be any other",
            id="some, and perhaps any",
        ),
    ],
)
def test_objects_that_a_credential_does_not_see_are_counted_and_named(unseen, expected):
    """How many and which; what may be any object is not taken for those that are named."""
    assert (
        phrases.unseen(VisibilityGap(kind="acme.service", **unseen)) == f"acme.service: {expected}"
    )


@pytest.mark.parametrize(
    ("share", "expected"),
    [(1.0, "100 %"), (0.99999, "99.9 %"), (0.0, "0.0 %"), (0.0004, "0.0 %"), (0.5, "50.0 %")],
)
def test_a_share_in_percent_is_never_rounded_up(share, expected):
    """Only the whole is 100 %."""
    assert phrases.percent(share) == expected
