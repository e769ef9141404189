"""The view ``pagerduty.policy_coverage``."""

from __future__ import annotations

import pytest

START, END = -30 * 24, 14 * 24


def policy(only, pd, *levels, users=("ann", "bob"), renderings=(), schedules=("D1",)):
    """Return the row of one policy over these levels."""
    bodies = [pd.user(user) if isinstance(user, str) else user for user in users]
    return only(
        "policy_coverage",
        escalation_policy=[pd.policy("P1", *levels)],
        schedule=[pd.schedule(key) for key in schedules],
        schedule_rendering=list(renderings),
        user=bodies,
    )


def test_active_user_named_directly_is_always_on_call(only, pd):
    """A user as target covers every instant, past and ahead."""
    row = policy(only, pd, [pd.ref("ann")])
    assert row["level_count"] == 1
    assert row["every_level_reaches_a_person"] is True
    assert (row["first_level_gap_seconds_past"], row["first_level_gap_seconds_ahead"]) == (0, 0)
    assert row["levels"][0]["targets"] == [
        {"type": "user", "id": "ann", "title": "the user ann", "state": "active"}
    ]


@pytest.mark.parametrize(
    ("user", "ref", "state", "listed_in", "told_by"),
    [
        pytest.param(
            None, {}, "deleted", "deleted_users", "names_deleted_user", id="not among the users"
        ),
        pytest.param(
            {},
            {"deleted_at": "2026-11-01T00:00:00Z"},
            "deleted",
            "deleted_users",
            "names_deleted_user",
            id="deleted says the reference",
        ),
        pytest.param(
            {"role": "read_only_user"},
            {},
            "stakeholder",
            "stakeholders",
            "names_stakeholder",
            id="full stakeholder",
        ),
        pytest.param(
            {"role": "read_only_limited_user"},
            {},
            "stakeholder",
            "stakeholders",
            "names_stakeholder",
            id="limited stakeholder",
        ),
        pytest.param(
            {"invited": True},
            {},
            "invited",
            "pending_invitations",
            "names_pending_invitation",
            id="invitation not accepted",
        ),
    ],
)
def test_level_of_users_who_cannot_respond_reaches_nobody(
    only, pd, user, ref, state, listed_in, told_by
):
    """A level that names only somebody who cannot answer does not reach a person."""
    users = [] if user is None else [pd.user("zoe", **user)]
    row = policy(only, pd, [pd.ref("zoe", **ref)], [pd.ref("ann")], users=["ann", *users])
    assert row["levels"][0]["targets"][0]["state"] == state
    assert row["every_level_reaches_a_person"] is False
    assert [level["reaches_a_person"] for level in row["levels"]] == [False, True]
    assert [gap["id"] for gap in row[listed_in]] == ["zoe"]
    flags = {"names_deleted_user", "names_stakeholder", "names_pending_invitation"}
    assert {name for name in flags if row[name]} == {told_by}
    assert row["first_level_gap_seconds_ahead"] == 14 * 86400


@pytest.mark.parametrize(
    "user",
    [
        pytest.param({"role": None}, id="no role"),
        pytest.param({"invited": None}, id="not told whether the invitation was accepted"),
    ],
)
def test_level_with_an_incomplete_user_record_is_unknown(only, pd, user):
    """Nothing is told about a level that hangs on an unknown."""
    row = policy(only, pd, [pd.ref("zoe")], users=[pd.user("zoe", **user)])
    assert row["levels"][0]["targets"][0]["state"] == "unknown"
    unknown = {
        "every_level_reaches_a_person",
        "people",
        "single_person",
        "names_deleted_user",
        "first_level_gap_seconds_ahead",
    }
    assert not unknown & set(row)


@pytest.mark.parametrize(
    ("schedules", "rendering", "state"),
    [
        pytest.param([], True, "not_listed", id="not listed"),
        pytest.param(["D1"], False, "not_rendered", id="no rendering"),
        pytest.param(["D1"], None, "not_rendered", id="empty with a null percentage"),
    ],
)
def test_level_with_an_unresolved_schedule_is_unknown(only, pd, schedules, rendering, state):
    """The level's keys are left out: insufficient, neither pass nor fail."""
    bodies = {
        True: [pd.rendering("D1", (START, END, "ann"))],
        None: [pd.rendering("D1", percentage=None)],
        False: [],
    }[rendering]
    row = policy(only, pd, [pd.ref("D1", "schedule")], schedules=schedules, renderings=bodies)
    assert row["levels"][0]["targets"][0]["state"] == state
    assert not {"every_level_reaches_a_person", "first_level_gap_seconds_ahead"} & set(row)
    assert not {"reaches_a_person", "gaps_ahead", "people"} & set(row["levels"][0])
    assert not {"names_deleted_user", "single_person", "people"} & set(row)


def test_active_user_beside_an_unresolved_schedule_settles_the_level(only, pd):
    """Somebody certain covers the level whatever the schedule says."""
    row = policy(only, pd, [pd.ref("D1", "schedule"), pd.ref("ann")], schedules=[])
    assert row["every_level_reaches_a_person"] is True
    assert row["first_level_gap_seconds_ahead"] == 0


def test_one_level_without_a_responder_decides_despite_unknowns(only, pd):
    """A known no outweighs an unknown."""
    row = policy(only, pd, [pd.ref("D1", "schedule")], [pd.ref("gone")], schedules=[])
    assert row["every_level_reaches_a_person"] is False
    assert row["names_deleted_user"] is True


@pytest.mark.parametrize("kind", ["schedule", "schedule_v3"])
def test_a_level_is_the_union_of_its_schedules(only, pd, kind):
    """One schedule fills the gaps of the other, and what is left is dated."""
    row = policy(
        only,
        pd,
        [pd.ref("D1", kind), pd.ref("D2", kind)],
        schedules=["D1", "D2"],
        renderings=[
            pd.rendering("D1", (START, 4, "ann"), (6, END, "ann")),
            pd.rendering("D2", (3, 5, "bob")),
        ],
    )
    assert row["levels"][0]["gaps_ahead"] == [
        {
            "since": "2026-11-23T17:00:00Z",
            "until": "2026-11-23T18:00:00Z",
            "seconds": 3600,
            "causes": ["gap_between_layers"],
        }
    ]
    assert (row["first_level_gap_seconds_past"], row["people"]) == (0, 2)
    assert row["single_person"] is False


def test_an_empty_slot_is_a_gap(only, pd):
    """A shift that is given to nobody on purpose reaches nobody."""
    rendering = pd.rendering("D1", (START, 1, "ann"), (1, 2, None), (2, END, "ann"))
    row = policy(only, pd, [pd.ref("D1", "schedule")], renderings=[rendering])
    assert row["first_level_gap_seconds_ahead"] == 3600
    assert row["single_person"] is True


def test_shifts_of_somebody_who_left_count_for_the_past_only(only, pd):
    """Who was on call then was a person then; who is gone will not answer."""
    rendering = pd.rendering("D1", (START, 2, "gone"), (2, END, "ann"))
    row = policy(only, pd, [pd.ref("D1", "schedule")], renderings=[rendering])
    assert row["first_level_gap_seconds_past"] == 0
    assert row["first_level_gap_seconds_ahead"] == 7200
    assert [user["id"] for user in row["deleted_users"]] == ["gone"]


def test_deleted_user_without_a_future_shift_is_not_listed(only, pd):
    """Only the people from now on are listed."""
    rendering = pd.rendering("D1", (START, -2, "gone"), (-2, END, "ann"))
    row = policy(only, pd, [pd.ref("D1", "schedule")], renderings=[rendering])
    assert (row["names_deleted_user"], row["deleted_users"]) == (False, [])


def test_deletion_time_of_a_user_named_directly_is_unknown_without_a_date(only, pd):
    """The past is left open without the date, and counted up to it with one."""
    undated = policy(only, pd, [pd.ref("gone")])
    assert "first_level_gap_seconds_past" not in undated
    dated = policy(only, pd, [pd.ref("gone", deleted_at=pd.instant(-1))])
    assert dated["first_level_gap_seconds_past"] == 3600


def test_policy_period_is_what_every_rendering_covers(only, pd):
    """A rendering that ends earlier shortens the period, it does not open a gap."""
    row = policy(
        only,
        pd,
        [pd.ref("D1", "schedule")],
        renderings=[pd.rendering("D1", (START, 9, "ann"), until=9)],
    )
    assert row["ahead_period"]["until"] == "2026-11-23T21:00:00Z"
    assert row["first_level_gap_seconds_ahead"] == 0


def test_rendering_that_ended_before_now_counts_as_none(only, pd):
    """It does not say that nobody is reached."""
    row = policy(
        only,
        pd,
        [pd.ref("D1", "schedule")],
        renderings=[pd.rendering("D1", (START, -9, "ann"), until=-9)],
    )
    assert "every_level_reaches_a_person" not in row


def test_a_policy_without_levels_reaches_nobody(only, pd):
    """It has no level to say more about."""
    row = policy(only, pd)
    assert (row["level_count"], row["every_level_reaches_a_person"]) == (0, False)
    assert "first_level_gap_seconds_ahead" not in row


def test_level_with_an_unknown_target_type_is_unknown(only, pd):
    """A type that this plugin does not know may well reach somebody."""
    row = policy(only, pd, [pd.ref("X1", "robot")])
    assert row["levels"][0]["targets"][0]["type"] == "other"
    assert "every_level_reaches_a_person" not in row


def test_single_person_on_every_level_is_reported(only, pd):
    """Two levels with one person behind both are no second chance."""
    row = policy(only, pd, [pd.ref("ann")], [pd.ref("ann")])
    assert (row["level_count"], row["people"], row["single_person"]) == (2, 1, True)


def test_two_people_are_counted_despite_unknowns(only, pd):
    """How many there are stays open, that there is more than one does not."""
    row = policy(only, pd, [pd.ref("ann"), pd.ref("bob")], [pd.ref("D1", "schedule")], schedules=[])
    assert row["single_person"] is False
    assert "people" not in row


def test_a_row_names_every_schedule_and_user_it_rests_on(view, pd):
    """What is named and not listed is among the names, so that its lack is felt here."""
    (row,) = view(
        "policy_coverage",
        escalation_policy=[pd.policy("P1", [pd.ref("D1", "schedule"), pd.ref("gone")])],
        schedule=[pd.schedule("D1")],
        schedule_rendering=[pd.rendering("D1", (START, END, "ann"))],
        user=[pd.user("ann"), pd.user("bob")],
    )
    assert row.names == (
        "pagerduty.escalation_policy:P1",
        "pagerduty.schedule:D1",
        "pagerduty.schedule_rendering:D1",
        "pagerduty.user:ann",
        "pagerduty.user:gone",
    )
    assert len(row.evidence_digests) == 4


@pytest.mark.parametrize(
    ("targets", "causes"),
    [
        pytest.param([], [["no_target"]], id="a level without targets"),
        pytest.param(["gone"], [["deleted_user"]], id="a user who is gone"),
        pytest.param(["zoe"], [["stakeholder"]], id="a stakeholder"),
        pytest.param(["new"], [["pending_invitation"]], id="an invitation"),
        pytest.param(["gone", "zoe"], [["deleted_user", "stakeholder"]], id="two of them"),
        pytest.param(
            ["D1", "zoe"],
            [
                ["empty_slot", "stakeholder"],
                ["deleted_user", "stakeholder"],
                ["gap_between_layers", "stakeholder"],
            ],
            id="a schedule beside one of them",
        ),
    ],
)
def test_level_gap_has_all_its_causes(only, pd, targets, causes):
    """Each target has a reason of its own, and a gap is cut where one of them changes."""
    row = policy(
        only,
        pd,
        [pd.ref(key, "schedule" if key == "D1" else "user") for key in targets],
        users=["ann", pd.user("zoe", role="read_only_user"), pd.user("new", invited=True)],
        renderings=[
            pd.rendering("D1", (START, 1, "ann"), (1, 2, None), (2, 3, "gone"), (9, END, "ann"))
        ],
    )
    assert [gap["causes"] for gap in row["levels"][0]["gaps_ahead"]] == causes
    assert row["first_level_gaps_ahead"] == row["levels"][0]["gaps_ahead"]


def test_gap_on_all_levels_differs_from_a_first_level_gap(only, pd):
    """Only where both schedules have a gap is nobody reached at all."""
    row = policy(
        only,
        pd,
        [pd.ref("D1", "schedule")],
        [pd.ref("D2", "schedule")],
        schedules=["D1", "D2"],
        renderings=[
            pd.rendering("D1", (START, 1, "ann"), (5, END, "ann")),
            pd.rendering("D2", (START, 4, "bob"), (6, END, "bob")),
        ],
    )
    assert row["first_level_gap_seconds_ahead"] == 4 * 3600
    assert (row["uncovered_seconds_past"], row["uncovered_seconds_ahead"]) == (0, 3600)
    assert row["uncovered_ahead"][0]["since"] == "2026-11-23T16:00:00Z"


def test_second_level_with_the_same_person_is_a_single_person_period(only, pd):
    """While Ann holds both schedules, an escalation asks her again."""
    row = policy(
        only,
        pd,
        [pd.ref("D1", "schedule")],
        [pd.ref("D2", "schedule")],
        schedules=["D1", "D2"],
        renderings=[
            pd.rendering("D1", (START, 24, "ann"), (24, END, "bob")),
            pd.rendering("D2", (START, 12, "bob"), (12, END, "ann")),
        ],
    )
    assert row["single_person_seconds_ahead"] == 12 * 3600
    assert [gap["person"]["id"] for gap in row["single_person_periods_ahead"]] == ["ann"]
    assert row["single_person"] is False


def test_single_person_is_unknown_where_others_may_be_on_call(only, pd):
    """A schedule that is not listed may have anybody on it."""
    row = policy(only, pd, [pd.ref("ann")], [pd.ref("D9", "schedule")])
    assert not {"single_person_periods_ahead", "single_person_seconds_ahead"} & set(row)


def test_row_has_the_reasons_for_unknown_fields(view, pd):
    """The schedules that are not there are named."""
    (row,) = view(
        "policy_coverage",
        escalation_policy=[pd.policy("P1", [pd.ref("D1", "schedule"), pd.ref("D9", "schedule")])],
        schedule=[pd.schedule("D1")],
    )
    assert row.unknown["*"] == (
        "the schedule D1: PagerDuty did not render this schedule; "
        "the schedule D9: this schedule is not in the evidence"
    )
