"""How reports word numbers, moments and statuses."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome, Reason
from ccm_core.model.evidence.manifest import VisibilityGap
from ccm_core.report.content import phrases


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        pytest.param(0, "0 s", id="nothing"),
        pytest.param(0.42, "0.4 s", id="part of a second"),
        pytest.param(59, "59 s", id="seconds"),
        pytest.param(60, "1 min", id="a whole minute"),
        pytest.param(125, "2 min 5 s", id="minutes and seconds"),
        pytest.param(3 * 3600 + 59, "3 h", id="too small to say"),
        pytest.param(26 * 3600, "1 d 2 h", id="days and hours"),
        pytest.param(-90, "-1 min 30 s", id="backwards"),
    ],
)
def test_spans(seconds, said):
    """A length of time is said in its two largest units."""
    assert phrases.span(seconds) == said


def test_moments():
    """An instant of any zone is said in UTC."""
    there = timezone(timedelta(hours=5, minutes=30))
    assert phrases.moment(datetime(2026, 5, 6, 2, 10, 59, tzinfo=there)) == "2026-05-05 20:40 UTC"


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 rules"), (1, "1 rule"), (12345, "12,345 rules")],
)
def test_counts(number, said):
    """A number agrees with its noun."""
    assert phrases.count(number, "rule") == said


@pytest.mark.parametrize(
    ("names", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_lists(names, said):
    """Names are joined as in a sentence."""
    assert phrases.listed(names) == said


def test_every_value_has_words():
    """No status, outcome or reason is without its words."""
    assert set(phrases.STATUS) == set(Status)
    assert set(phrases.OUTCOME) == {*Outcome, None}
    assert set(phrases.REASON) == set(Reason)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("\x1b[31mred", "\ufffd[31mred", id="terminal escape"),
        pytest.param("a\x00b\x7f", "a\ufffdb\ufffd", id="control characters"),
        pytest.param("abc\u202egnp.exe", "abc\ufffdgnp.exe", id="text turned around"),
        pytest.param("\ud800", "\ufffd", id="half a surrogate pair"),
        pytest.param("Größe 検索 👩‍🚒\n\t", "Größe 検索 👩‍🚒\n\t", id="harmless"),
    ],
)
def test_clean(text, shown):
    """What steers a terminal or turns text around is replaced; all else stays."""
    assert phrases.clean(text) == shown


@pytest.mark.parametrize(
    ("unseen", "said"),
    [
        pytest.param({"reason": "denied"}, "access was denied", id="all of it"),
        pytest.param(
            {"reason": "hidden_references", "objects": 2, "subjects": ("a:1", "a:2")},
            "objects are named that cannot be seen: a:1, a:2",
            id="two",
        ),
        pytest.param(
            {"reason": "hidden_references", "objects": 12, "subjects": ("a:1", "a:2")},
            "objects are named that cannot be seen: a:1, a:2 and 10 more",
            id="more than are named",
        ),
        pytest.param(
            {"reason": "denied", "subjects": ("a:1",)},
            "access was denied: a:1, and it may be any other",
            id="some, and perhaps any",
        ),
    ],
)
def test_what_a_credential_was_shown_to_miss(unseen, said):
    """How many and which; what may be any object is not taken for those that are named."""
    assert phrases.unseen(VisibilityGap(kind="acme.service", **unseen)) == f"acme.service: {said}"
