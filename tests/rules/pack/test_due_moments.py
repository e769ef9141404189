"""A rule names the moments at which what it states about an unchanged row may change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.model.clock import NEVER
from ccm_core.model.evidence.window import Window
from ccm_core.rules.cel.expression import shared_variables

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
AT = "2026-03-15T13:00:00Z"
EXACTLY = timedelta()
RIGHT_AFTER = timedelta(microseconds=1)


def compiled_rule(world, **fields):
    """Compile one rule over badges."""
    fields = {"over": "acme.badge", "message": "'m'", "assert": "row.locked"} | fields
    parameters = "{limit: {type: duration, default: 1h, description: d}}"
    packs = world.compiled(world.rule_text(**fields), parameters=parameters)
    return packs.packs[0].groups[0]


def next_change(group, body, now=NOW, **known):
    """Return when a rule has to look at a row again."""
    period = Window(now - timedelta(days=30), now + timedelta(days=1))
    shared = shared_variables({"limit": 3600}, now, period)
    context = group.environment.row_context(body, shared)
    return group.rules[0].conditions.due_moments.next_change(context, now, **known)


@pytest.mark.parametrize(
    ("fields", "delay"),
    [
        pytest.param({"assert": "now < timestamp(row.due)"}, EXACTLY, id="before"),
        pytest.param({"assert": "now <= timestamp(row.due)"}, RIGHT_AFTER, id="until"),
        pytest.param({"assert": "now > timestamp(row.due)"}, RIGHT_AFTER, id="after"),
        pytest.param({"assert": "now >= timestamp(row.due)"}, EXACTLY, id="from"),
        pytest.param({"assert": "timestamp(row.due) > now"}, EXACTLY, id="before-turned-round"),
        pytest.param({"assert": "timestamp(row.due) < now"}, RIGHT_AFTER, id="after-turned-round"),
        pytest.param({"match": "now > timestamp(row.due)"}, RIGHT_AFTER, id="in-match"),
        pytest.param({"not_due": "now < timestamp(row.due)"}, EXACTLY, id="in-not-due"),
        pytest.param(
            {"let": "{late: 'now > timestamp(row.due)'}", "assert": "row.locked || !late"},
            RIGHT_AFTER,
            id="in-a-let",
        ),
        pytest.param(
            {"assert": "row.locked || !(now < timestamp(row.due) && row.open)"},
            EXACTLY,
            id="among-others",
        ),
        pytest.param(
            {"message": "\"{now > timestamp(row.due) ? 'late' : 'early'}\""},
            RIGHT_AFTER,
            id="in-a-message",
        ),
        pytest.param(
            {"assert": "now <= deadline(row.clock, params.limit)"}, RIGHT_AFTER, id="a-deadline"
        ),
        pytest.param(
            {"assert": "now < timestamp(row.due) // now is not compared here"},
            EXACTLY,
            id="beside-a-comment",
        ),
    ],
)
def test_a_comparison_with_now_changes_at_the_other_side(world, fields, delay):
    """Of ``<`` and ``>=`` at that very moment, of the others right after it; later, never."""
    clock = [{"since": "2026-03-15T12:00:00Z", "until": None, "hours": None}]
    group, body = compiled_rule(world, **fields), {"due": AT, "clock": clock}
    change = datetime.fromisoformat(AT) + delay
    assert next_change(group, body) == change
    assert next_change(group, body, change - RIGHT_AFTER) == change
    assert next_change(group, body, change) is None


@pytest.mark.parametrize(
    ("fields", "is_settled"),
    [
        pytest.param(
            {"not_due": "row.open && now < timestamp(row.due)"}, True, id="beside-what-is-false"
        ),
        pytest.param(
            {"assert": "now < timestamp(row.due) && (row.open || row.busy)"}, True, id="behind-it"
        ),
        pytest.param(
            {"let": "{late: 'row.open && now > timestamp(row.due)'}", "assert": "late == false"},
            True,
            id="in-a-let",
        ),
        pytest.param(
            {"assert": "now < timestamp(row.due) && (row.open || row.free)"},
            False,
            id="beside-what-is-true",
        ),
        pytest.param(
            {"assert": "now < timestamp(row.due) && row.absent"}, False, id="beside-what-is-unknown"
        ),
        pytest.param(
            {"assert": "row.open || now < timestamp(row.due)"}, False, id="instead-of-what-is-false"
        ),
        pytest.param(
            {"assert": "row.open && now < timestamp(row.due) || row.free"},
            False,
            id="inside-something-else",
        ),
        pytest.param(
            {"assert": "lookup('acme.badge', 'A').open && now < timestamp(row.due)"},
            False,
            id="beside-what-other-records-decide",
        ),
        pytest.param(
            {
                "let": "{early: 'now < timestamp(row.due)'}",
                "assert": "(early && row.free) && now < timestamp(row.due)",
            },
            False,
            id="beside-what-depends-on-time-by-a-name",
        ),
    ],
)
def test_a_moment_does_not_matter_where_something_else_decides(world, fields, is_settled):
    """What is false beside it makes the whole false, then as now; nothing else does."""
    group = compiled_rule(world, **fields)
    body = {"due": AT, "open": False, "busy": False, "free": True}
    assert (next_change(group, body) is None) is is_settled


@pytest.mark.parametrize(
    ("match", "is_settled"),
    [
        ("row.open", True),
        ("row.open && now > timestamp(row.since)", False),
        ("early", False),
    ],
)
def test_a_row_outside_match_stays_outside_unless_match_reads_the_time(world, match, is_settled):
    """Whatever the other conditions compare ``now`` with."""
    lets = {"let": "{early: 'now > timestamp(row.since)'}"}
    group = compiled_rule(
        world, match=match, **lets, **{"assert": "row.open || now < timestamp(row.due)"}
    )
    body = {"due": AT, "since": "2026-03-15T12:30:00Z", "open": False}
    change = next_change(group, body, outside_match=True)
    assert (change is None) is is_settled


def test_the_first_of_several_moments_counts(world):
    """Each of them in its turn."""
    group = compiled_rule(
        world, match="now < timestamp(row.ends)", not_due="now < timestamp(row.due)"
    )
    body = {"due": "2026-03-15T12:30:00Z", "ends": AT}
    first = next_change(group, body)
    assert first == datetime(2026, 3, 15, 12, 30, tzinfo=UTC)
    assert next_change(group, body, first) == datetime(2026, 3, 15, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    "body", [{}, {"due": None}, {"due": "never"}, {"due": "9999-12-31T23:59:59Z"}]
)
def test_what_has_no_moment_never_changes(world, body):
    """Its comparison is inconclusive, whenever it is made; and nobody lives to see the last one."""
    group = compiled_rule(world, **{"assert": "now < timestamp(row.due)"})
    change = next_change(group, body)
    assert change is None or change.year == NEVER.year


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"assert": "now - timestamp(row.due) < duration('1h')"}, id="a-difference"),
        pytest.param({"assert": "timestamp(row.due) < period.until"}, id="the-period"),
        pytest.param({"assert": "row.open || now < period.until"}, id="compared-with-it"),
        pytest.param({"assert": "row.gaps.all(gap, timestamp(gap.until) < now)"}, id="in-a-loop"),
        pytest.param(
            {"assert": "within(row.gaps, now, timestamp(row.due)).size() == 0"}, id="in-a-call"
        ),
        pytest.param({"let": "{moment: now}", "assert": "moment < timestamp(row.due)"}, id="a-let"),
        pytest.param(
            {
                "let": "{soon: now + duration('1h')}",
                "assert": "now < timestamp(row.due) && now < soon",
            },
            id="compared-with-a-let-that-moves",
        ),
        pytest.param({"message": '"{now}"'}, id="printed"),
        pytest.param({"assert": "now == timestamp(row.due)"}, id="equal"),
        pytest.param(
            {"assert": "now < timestamp(lookup('acme.badge', row.id).due)"}, id="looked-up"
        ),
    ],
)
def test_any_other_use_of_time_is_looked_at_each_time(world, fields):
    """Nobody can tell when it changes."""
    rule = compiled_rule(world, **fields).rules[0]
    assert rule.conditions.due_moments is None
    assert rule.conditions.due_moments is None


def test_a_rule_without_time_is_looked_at_when_its_row_changes(world):
    """And at no other moment."""
    rule = compiled_rule(world).rules[0]
    assert rule.conditions.due_moments.moments == ()
    assert rule.conditions.due_moments is not None
