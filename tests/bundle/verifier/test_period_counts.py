"""Items count once, what was read back and tested late is counted apart, and months are whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.bundle.verifier.concluding.items import Asked, control_items, seen_part
from ccm_core.bundle.verifier.concluding.kinds import Collecting
from ccm_core.bundle.verifier.counting.period_items import (
    ItemEvaluation,
    Items,
)
from ccm_core.bundle.verifier.evaluations import (
    empty_history,
)
from ccm_core.bundle.verifier.scope import Watch
from ccm_core.bundle.verifier.spans import Collected

DAY = timedelta(days=1)
SINCE, UNTIL = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)


def evaluated(*said, occurred):
    """Return one item of which evaluations say something, in days from the beginning."""
    items = Items((SINCE, UNTIL))
    for number, (at, status) in enumerate(said):
        items.add(
            ItemEvaluation(
                key="acme.incident:1",
                occurred_at=SINCE + occurred * DAY,
                status=status,
                last=(SINCE + at * DAY, number),
                inside=True,
            )
        )
    return items


@pytest.mark.parametrize(
    ("said", "late"),
    [
        pytest.param([(11, "pass")], 0, id="by-the-next-collection"),
        pytest.param([(13, "fail")], 1, id="two-collections-were-missed"),
        pytest.param([(11, "open"), (12, "pass")], 0, id="when-it-had-become-due"),
        pytest.param([(11, "open"), (15, "pass")], 1, id="long-after-it-was-found-not-due"),
        pytest.param([(11, "pass"), (20, "pass")], 0, id="only-the-first-decision-counts"),
        pytest.param([(15, "not_applicable")], 0, id="not-in-the-population"),
    ],
)
def test_an_item_that_is_decided_after_the_slowest_cadence_is_tested_late(said, late):
    """From when it occurred, or was found undecided."""
    assert evaluated(*said, occurred=10).tested_late(DAY) == late


@pytest.mark.parametrize(("watched", "number"), [(None, 0), (9, 0), (10, 0), (11, 1)])
def test_what_occurred_before_the_first_collection_was_read_back(watched, number):
    """What occurred at that very moment was watched."""
    at = None if watched is None else SINCE + watched * DAY
    assert evaluated((12, "pass"), occurred=10).read_back(at) == number


def test_an_item_with_three_failed_attributes_is_one_item():
    """And what is no single item, such as a share, is none."""
    history = empty_history()
    for rule in "abc":
        history.items[rule, "hq"] = evaluated((11, "fail"), occurred=10)
    one = {"connection": "hq", "subject": {"kind": "acme.incident", "key": "1"}}
    share = {"connection": "hq", "subject": {"kind": "population", "key": "2026-07"}}
    counts = control_items("abc", history, [one, one, one, share])
    assert counts == {"items": 1, "items_failed": 1}


@pytest.mark.parametrize(
    ("month", "installed", "elapsed", "seen"),
    [
        pytest.param("2026-08", 0, 92, (31, 62), id="whole"),
        pytest.param("2026-08", 40, 92, (33, 62), id="installed-in-it-and-read-back-a-week"),
        pytest.param("2026-08", 0, 45, (31, 45), id="not-over-yet"),
        pytest.param("2026-06", 0, 92, None, id="before-the-period"),
        pytest.param("2026-07", 60, 92, None, id="before-what-was-read-back"),
    ],
)
def test_the_part_of_a_month_that_was_seen(month, installed, elapsed, seen):
    """From what the first collection read back, up to what has elapsed."""
    at = SINCE + installed * DAY
    first = Collected("c", "r", "k", None, at, at, "complete", ())
    watch = Watch({}, 7 * 86_400, frozenset(), frozenset(), "")
    asked = Asked((SINCE, SINCE + elapsed * DAY), UNTIL)
    expected = seen and tuple(SINCE + number * DAY for number in seen)
    assert seen_part(month, Collecting("hq", watch, [first], []), asked) == expected
