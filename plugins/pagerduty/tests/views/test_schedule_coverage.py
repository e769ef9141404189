"""The view ``pagerduty.schedule_coverage``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.rules.cel.interval_functions import total

COVERAGE_KEYS = {"observed", "gaps", "past_gaps", "people", "unclear"}
START, END = -30 * 24, 14 * 24
"""The horizon's bounds in hours from now."""


def schedule(only, pd, *shifts, **about):
    """Return the row of one schedule with these shifts."""
    return only(
        "schedule_coverage",
        schedule=[pd.schedule("D1", **about)],
        schedule_rendering=[pd.rendering("D1", *shifts)],
        escalation_policy=[],
        user=[pd.user("ann"), pd.user("bob")],
    )


@pytest.mark.parametrize(
    "shifts",
    [
        pytest.param([(START, END, "ann")], id="one shift"),
        pytest.param([(START, 0, "ann"), (0, END, "bob")], id="touching"),
        pytest.param([(START, 5, "ann"), (-5, END, "bob")], id="overlapping"),
        pytest.param([(START, END, "ann"), (-5, 5, "bob")], id="nested"),
        pytest.param([(0, END, "bob"), (START, 0, "ann")], id="out of order"),
        pytest.param([(START - 9, END + 9, "ann")], id="reaching beyond the horizon"),
        pytest.param([(START, END, "ann"), (3, 3, "bob"), (4, 3, "bob")], id="empty shifts"),
    ],
)
def test_fully_covered_schedule_has_no_gap(only, pd, shifts):
    """Nested, overlapping and touching shifts are not gaps."""
    row = schedule(only, pd, *shifts)
    assert (row["past_gaps"], row["gaps"]) == ([], [])


def test_schedule_gap_of_three_minutes_in_thirty_days_is_detected(only, pd):
    """The gap is dated to the second and has its cause."""
    gap = pd.now - timedelta(days=17, seconds=11)
    row = schedule(only, pd, (START, gap, "ann"), (gap + timedelta(minutes=3), END, "bob"))
    assert row["past_gaps"] == [
        {
            "since": "2026-11-06T11:59:49Z",
            "until": "2026-11-06T12:02:49Z",
            "cause": "gap_between_layers",
            "reasons": ["Schedule D1: gap between layers"],
        }
    ]
    assert row["gaps"] == row["past_gaps"]
    assert pd.at.seconds(row, row["gaps"], "ahead") == 0


@pytest.mark.parametrize(
    ("handover", "gap"),
    [
        pytest.param(("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"), 3600, id="back"),
        pytest.param(("2026-10-25T03:00:00+02:00", "2026-10-25T02:00:00+01:00"), 0, id="touching"),
        pytest.param(("2027-03-28T02:00:00+01:00", "2027-03-28T03:00:00+02:00"), 0, id="forth"),
        pytest.param(("2027-03-28T01:30:00+01:00", "2027-03-28T03:30:00+02:00"), 3600, id="lost"),
    ],
)
def test_schedule_shifts_across_a_clock_change_are_instants(view, pd, handover, gap):
    """The same wall-clock time twice is an hour apart, and a skipped hour is no gap."""
    out, into = handover
    since, until = datetime(2026, 10, 20, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)
    rendering = pd.rendering(
        "D1", (since, out, "ann"), (into, until, "bob"), since=since, until=until
    )
    (row,) = view(
        "schedule_coverage",
        schedule=[pd.schedule("D1")],
        schedule_rendering=[rendering],
        user=[pd.user("ann"), pd.user("bob")],
    )
    assert total(row.body["gaps"]) == gap


@pytest.mark.parametrize(
    ("about", "shifts", "causes"),
    [
        pytest.param({"layers": []}, [], ["no_layers"], id="no layers"),
        pytest.param({"layers": ["unstaffed"]}, [], ["no_layers"], id="layers without people"),
        pytest.param({"layers": [(2, None)]}, [(2, END, "ann")], ["before_start"], id="before"),
        pytest.param({"layers": [(-99, 2)]}, [(0, 2, "ann")], ["end_of_schedule"], id="end"),
        pytest.param(
            {"layers": ["restricted"]},
            [(0, 8, "ann"), (24, END, "ann")],
            ["restriction"],
            id="restriction",
        ),
        pytest.param(
            {"layers": [(-99, 5), (9, None)]},
            [(0, 5, "ann"), (9, END, "bob")],
            ["gap_between_layers"],
            id="between",
        ),
        pytest.param({}, [(0, 5, "ann"), (5, END, None)], ["empty_slot"], id="nobody on purpose"),
        pytest.param({"form": "shifts"}, [(0, 5, "ann")], ["no_shift"], id="no shift"),
        pytest.param(
            {"layers": [(-99, 50)]},
            [(0, 5, "ann"), (5, 9, None)],
            ["empty_slot", "gap_between_layers", "end_of_schedule"],
            id="one interval with three causes",
        ),
    ],
)
def test_every_schedule_gap_has_its_cause(only, pd, about, shifts, causes):
    """A interval without anybody is told apart by why there is nobody."""
    bodies = {
        "unstaffed": pd.layer(users=()),
        "restricted": pd.layer(restrictions=[{"type": "daily_restriction"}]),
    }
    if "layers" in about:
        about = {
            "layers": [
                bodies[gap] if isinstance(gap, str) else pd.layer(*gap) for gap in about["layers"]
            ]
        }
    row = only(
        "schedule_coverage",
        schedule=[pd.schedule("D1", **about)],
        schedule_rendering=[pd.rendering("D1", *shifts, percentage=0)],
        user=[pd.user("ann"), pd.user("bob")],
    )
    assert [gap["cause"] for gap in pd.at.gaps(row, row["gaps"], "ahead")] == causes


def test_adjacent_gaps_of_different_cause_are_told_apart(only, pd):
    """A gap ends where its cause changes."""
    row = schedule(only, pd, (START, 0, "ann"), (1, 2, None), (2, END, "ann"))
    assert [total([gap]) for gap in row["gaps"]] == [3600, 3600]


def test_deleted_user_covers_a_shift_until_the_deletion(only, pd):
    """What is left of the shift is a gap of a removed user; nothing of it covers what is ahead."""
    deleted_user = pd.ref("ann", deleted_at=pd.instant(-2))
    row = schedule(only, pd, (START, 3, deleted_user), (3, END, "bob"))
    for tense, intervals, seconds in (
        ("past", row["past_gaps"], 7200),
        ("ahead", row["gaps"], 10800),
    ):
        (gap,) = pd.at.gaps(row, intervals, tense)
        assert (total([gap]), gap["cause"]) == (seconds, "deleted_user")


def test_shifts_of_a_user_who_is_not_listed_any_more_are_a_gap_ahead_only(only, pd):
    """The final schedule shows that somebody was on call, whoever that was."""
    row = schedule(only, pd, (START, 3, "gone"), (3, END, "bob"))
    assert row["past_gaps"] == []
    assert [gap["cause"] for gap in row["gaps"]] == ["deleted_user"]
    assert pd.at.seconds(row, row["gaps"], "ahead") == 10800


def test_shift_of_a_user_without_a_role_is_unknown(only, pd):
    """It is no gap, and no cover, unless somebody else is on call as well."""
    row = only(
        "schedule_coverage",
        schedule=[pd.schedule("D1")],
        schedule_rendering=[pd.rendering("D1", (START, 9, "ann"), (0, END, "who"))],
        user=[pd.user("ann"), pd.user("who", role=None)],
    )
    unknown = {"until": "2026-12-07T12:00:00Z", "unknown": "the role of the user who is unknown"}
    assert row["gaps"] == row["past_gaps"] == [{"since": "2026-11-23T21:00:00Z", **unknown}]
    assert row["unclear"] == [{"since": "2026-11-23T12:00:00Z", **unknown}]
    assert [person["id"] for person in row["people"]] == ["ann"]


@pytest.mark.parametrize(
    "rendering",
    [
        pytest.param({"percentage": None}, id="empty with a null percentage"),
        pytest.param({"percentage": 100.0}, id="empty against a percentage"),
        pytest.param(None, id="no rendering at all"),
    ],
)
def test_coverage_of_a_schedule_that_was_not_rendered_is_unknown(only, pd, rendering):
    """The coverage keys are left out, so that no rule can pass or fail on them."""
    row = only(
        "schedule_coverage",
        schedule=[pd.schedule("D1")],
        schedule_rendering=[] if rendering is None else [pd.rendering("D1", **rendering)],
    )
    assert row["rendered"] is False
    assert not COVERAGE_KEYS & set(row)


def test_an_empty_rendering_with_a_percentage_of_zero_is_one_long_gap(only, pd):
    """PagerDuty did render it: nobody is on call."""
    row = only(
        "schedule_coverage",
        schedule=[pd.schedule("D1")],
        schedule_rendering=[pd.rendering("D1", percentage=0.0)],
    )
    assert row["rendered"] is True
    assert total(row["past_gaps"]) == total(row["gaps"]) == 44 * 86400
    assert row["people"] == []


def test_rendering_of_yesterday_covers_no_future(only, pd):
    """What the rendering does not reach is not known."""
    row = only(
        "schedule_coverage",
        schedule=[pd.schedule("D1")],
        schedule_rendering=[pd.rendering("D1", (START, -24, "ann"), until=-24)],
        user=[pd.user("ann")],
    )
    assert pd.at.seconds(row, row["past_gaps"], "past") == 0
    assert pd.at.ahead(row) is None


@pytest.mark.parametrize(
    ("shifts", "people"),
    [
        pytest.param([(START, 0, "ann"), (0, END, "ann")], ["ann"], id="alone"),
        pytest.param([(START, 0, "ann"), (0, END, "bob")], ["ann", "bob"], id="two"),
        pytest.param([(START, 0, None), (0, END, "ann")], ["ann"], id="with an empty slot"),
        pytest.param([(START, 0, "gone"), (0, END, "ann")], ["ann"], id="one deleted before"),
    ],
)
def test_users_with_shifts_are_listed_once(only, pd, shifts, people):
    """Whoever can respond is listed with all of their shifts, joined where they touch."""
    deleted_user = pd.ref("gone", deleted_at="2026-01-01T00:00:00Z")
    bodies = [(start, end, deleted_user if user == "gone" else user) for start, end, user in shifts]
    row = schedule(only, pd, *bodies)
    assert [person["id"] for person in row["people"]] == people
    assert all(len(person["on_call"]) == 1 for person in row["people"])


@pytest.mark.parametrize(
    ("shifts", "overrides", "overridden", "percent"),
    [
        pytest.param([(START, END)], [], [], 0, id="none"),
        pytest.param([(0, 10)], [(0, 5)], [(0, 5)], 50, id="half of a shift"),
        pytest.param([(0, 10)], [(0, 5), (3, 6)], [(0, 6)], 60, id="overlapping"),
        pytest.param([(0, 10)], [(20, 30)], [(20, 30)], 50, id="where nobody was on call"),
        pytest.param([(START, END)], [(START - 9, START + 1)], [(START, START + 1)], 1, id="edge"),
        pytest.param([(0, 300)], [(0, 1)], [(0, 1)], 1, id="rounded up"),
        pytest.param([(0, 10)], [(5, 5), (7, 6)], [], 0, id="empty ones"),
        pytest.param([(0, 10)], [(END + 1, END + 9)], [], 0, id="beyond the horizon"),
        pytest.param([], [], [], 0, id="nobody on call"),
    ],
)
def test_overridden_time_is_measured_against_on_call_time(
    only, pd, shifts, overrides, overridden, percent
):
    """Hours in which the schedule has nobody on call make no override smaller."""
    row = only(
        "schedule_coverage",
        schedule=[pd.schedule("D1")],
        schedule_rendering=[pd.rendering("D1", *[(*at, "ann") for at in shifts], percentage=0)],
        schedule_overrides=[pd.overrides("D1", *overrides), pd.overrides("D2", (0, 9))],
        user=[pd.user("ann")],
    )
    shown = [(pd.hours(one["since"]), pd.hours(one["until"])) for one in row["overridden"]]
    assert (shown, row["overridden_percent"]) == (overridden, percent)


@pytest.mark.parametrize(
    ("since", "until", "percent"),
    [
        pytest.param(START, 0, 0, id="up to now"),
        pytest.param(START, 20, 50, id="for a part"),
        pytest.param(END + 1, END + 2, None, id="for another time"),
    ],
)
def test_overrides_are_measured_in_the_time_for_which_they_were_read(
    only, pd, since, until, percent
):
    """Beyond it the evidence shows none, and that is not shown to be none."""
    row = only(
        "schedule_coverage",
        schedule=[pd.schedule("D1")],
        schedule_rendering=[pd.rendering("D1", (0, END, "ann"))],
        schedule_overrides=[pd.overrides("D1", (10, END), since=since, until=until)],
        user=[pd.user("ann")],
    )
    assert row.get("overridden_percent") == percent


@pytest.mark.parametrize("of", [[], ["D2"]], ids=["nothing read", "of another schedule"])
def test_overrides_that_were_not_read_are_not_none(view, pd, of):
    """The reason is known; everything else of the row is there."""
    (row,) = view(
        "schedule_coverage",
        schedule=[pd.schedule("D1")],
        schedule_rendering=[pd.rendering("D1", (START, END, "ann"))],
        schedule_overrides=[pd.overrides(key) for key in of],
        user=[pd.user("ann")],
    )
    assert not {"overridden", "overridden_percent"} & set(row.body)
    assert "not in the evidence" in row.unknown["overridden_percent"]
    assert set(row.body) >= COVERAGE_KEYS


@pytest.mark.parametrize(
    ("own", "targets", "expected"),
    [
        pytest.param([], [], [], id="nothing uses it"),
        pytest.param(["P1"], [], ["P1"], id="by its own list"),
        pytest.param([], ["schedule"], ["P1"], id="by a policy"),
        pytest.param([], ["schedule_v3"], ["P1"], id="by a policy, shift-based"),
        pytest.param(["P1"], ["schedule"], ["P1"], id="by both, once"),
        pytest.param([], ["user"], [], id="a user of the same id is not a schedule"),
    ],
)
def test_a_schedule_is_attached_where_a_policy_uses_it(only, pd, own, targets, expected):
    """Both the schedule's own list and the policies' targets count."""
    row = only(
        "schedule_coverage",
        schedule=[
            pd.schedule("D1", escalation_policies=[pd.ref(p, "escalation_policy") for p in own])
        ],
        escalation_policy=[pd.policy("P1", [pd.ref("D1", kind) for kind in targets])],
    )
    assert [policy["id"] for policy in row["policies"]] == expected
    assert row["attached"] is bool(expected)


def test_shift_based_schedule_has_no_layer_field(only, pd):
    """The key is left out where it makes no sense."""
    assert "has_layers" not in schedule(only, pd, (START, END, "ann"), form="shifts")
    assert schedule(only, pd, (START, END, "ann"))["has_layers"] is True


def test_row_observes_the_whole_seconds_of_its_rendering(only, pd):
    """A fraction at the edge of a rendering is not a gap."""
    since = pd.now + timedelta(microseconds=700_001)
    until = since + timedelta(days=1)
    rendering = pd.rendering(
        "D1",
        (since.replace(microsecond=0) + timedelta(seconds=1), until, "ann"),
        since=since,
        until=until,
    )
    row = only(
        "schedule_coverage",
        schedule=[pd.schedule("D1")],
        schedule_rendering=[rendering],
        user=[pd.user("ann")],
    )
    assert row["gaps"] == []
    assert row["observed"] == {"since": "2026-11-23T12:00:01Z", "until": "2026-11-24T12:00:00Z"}


def test_a_row_names_what_it_was_derived_from(view, pd):
    """What was looked for and not found is named too; digests are those of records read."""
    schedule, policy = pd.schedule("D1"), pd.policy("P1", [pd.ref("D1", "schedule")])
    (row,) = view("schedule_coverage", schedule=[schedule], escalation_policy=[policy])
    assert row.names == (
        "pagerduty.escalation_policy:P1",
        "pagerduty.schedule:D1",
        "pagerduty.schedule_rendering:D1",
    )
    assert len(row.evidence_digests) == 2
    assert row.subject.title == "Schedule D1"
