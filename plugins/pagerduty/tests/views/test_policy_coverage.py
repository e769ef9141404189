"""The view ``pagerduty.policy_coverage``."""

from __future__ import annotations

import pytest

from ccm_core.rules.cel.interval_functions import total

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
    assert row["observed"] == {"since": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z"}
    assert reaches(pd, row) == [True]
    assert (row["levels"][0]["gaps"], row["levels"][0]["past_gaps"]) == ([], [])
    assert row["levels"][0]["targets"] == [
        {"type": "user", "id": "ann", "title": "the user ann", "state": "active"}
    ]


def reaches(pd, row):
    """Return for each level whether it reaches somebody from now on."""
    return [pd.at.reaches(row, level) for level in row["levels"]]


@pytest.mark.parametrize(
    ("user", "ref", "state", "listed_in"),
    [
        pytest.param(None, {}, "deleted", "deleted_users", id="not among the users"),
        pytest.param(
            {},
            {"deleted_at": "2026-11-01T00:00:00Z"},
            "deleted",
            "deleted_users",
            id="deleted says the reference",
        ),
        pytest.param(
            {"role": "read_only_user"},
            {},
            "stakeholder",
            "stakeholders",
            id="full stakeholder",
        ),
        pytest.param(
            {"role": "read_only_limited_user"},
            {},
            "stakeholder",
            "stakeholders",
            id="limited stakeholder",
        ),
        pytest.param(
            {"invited": True},
            {},
            "invited",
            "pending_invitations",
            id="invitation not accepted",
        ),
    ],
)
def test_level_of_users_who_cannot_respond_reaches_nobody(only, pd, user, ref, state, listed_in):
    """A level that names only somebody who cannot answer does not reach a person."""
    users = [] if user is None else [pd.user("zoe", **user)]
    row = policy(only, pd, [pd.ref("zoe", **ref)], [pd.ref("ann")], users=["ann", *users])
    assert row["levels"][0]["targets"][0]["state"] == state
    assert reaches(pd, row) == [False, True]
    lists = ("deleted_users", "stakeholders", "pending_invitations")
    listed = {name: [user["id"] for user in row[name]] for name in lists}
    assert listed == {key: [] for key in lists} | {listed_in: ["zoe"]}
    assert pd.at.seconds(row, row["levels"][0]["gaps"], "ahead") == 14 * 86400


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
    assert reaches(pd, row) == [None]
    reason = [{**row["observed"], "unknown": "the role of the user zoe is unknown"}]
    assert row["unclear"] == row["single_person"] == row["uncovered"] == reason
    assert row["levels"][0]["gaps"] == row["levels"][0]["past_gaps"] == reason


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
    assert reaches(pd, row) == [None]
    (gap,) = row["levels"][0]["gaps"]
    assert gap["unknown"].startswith("the schedule D1: ")
    assert row["unclear"] == row["single_person"] == row["uncovered"] == [gap]


def test_active_user_beside_an_unresolved_schedule_settles_the_level(only, pd):
    """Somebody certain covers the level whatever the schedule says."""
    row = policy(only, pd, [pd.ref("D1", "schedule"), pd.ref("ann")], schedules=[])
    assert reaches(pd, row) == [True]
    assert row["levels"][0]["gaps"] == []


def test_one_level_without_a_responder_decides_despite_unknowns(only, pd):
    """A known no outweighs an unknown."""
    row = policy(only, pd, [pd.ref("D1", "schedule")], [pd.ref("gone")], schedules=[])
    assert reaches(pd, row) == [None, False]
    assert [user["id"] for user in row["deleted_users"]] == ["gone"]


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
    assert row["levels"][0]["gaps"] == [
        {
            "since": "2026-11-23T17:00:00Z",
            "until": "2026-11-23T18:00:00Z",
            "causes": ["gap_between_layers"],
            "reasons": ["Schedule D1: gap between layers", "Schedule D2: gap between layers"],
        }
    ]


def test_an_empty_slot_is_a_gap(only, pd):
    """A shift that is given to nobody on purpose reaches nobody."""
    rendering = pd.rendering("D1", (START, 1, "ann"), (1, 2, None), (2, END, "ann"))
    row = policy(only, pd, [pd.ref("D1", "schedule")], renderings=[rendering])
    assert total(row["levels"][0]["gaps"]) == 3600
    assert [period["person"]["id"] for period in row["single_person"]] == ["ann", "ann"]


def test_shifts_of_somebody_who_left_count_for_the_past_only(only, pd):
    """Who was on call then was a person then; who is gone will not answer."""
    rendering = pd.rendering("D1", (START, 2, "gone"), (2, END, "ann"))
    row = policy(only, pd, [pd.ref("D1", "schedule")], renderings=[rendering])
    assert row["levels"][0]["past_gaps"] == row["past_uncovered"] == []
    assert pd.at.seconds(row, row["levels"][0]["gaps"], "ahead") == 7200
    assert [user["id"] for user in row["deleted_users"]] == ["gone"]


def test_deleted_user_is_listed_with_their_shifts(only, pd):
    """A rule asks who is on call from now on."""
    rendering = pd.rendering("D1", (START, -2, "gone"), (-2, END, "ann"))
    row = policy(only, pd, [pd.ref("D1", "schedule")], renderings=[rendering])
    (user,) = row["deleted_users"]
    assert user["on_call"] == [{"since": "2026-10-24T12:00:00Z", "until": "2026-11-23T10:00:00Z"}]
    assert pd.at.people(row, row["deleted_users"], "ahead") == []


def test_deletion_time_of_a_user_named_directly_is_unknown_without_a_date(only, pd):
    """The past is left open without the date, and counted up to it with one."""
    undated = policy(only, pd, [pd.ref("gone")])
    reason = "the user gone: this user was deleted at an unknown time"
    assert [gap["unknown"] for gap in undated["levels"][0]["past_gaps"]] == [reason]
    assert [gap["causes"] for gap in undated["levels"][0]["gaps"]] == [["deleted_user"]]
    dated = policy(only, pd, [pd.ref("gone", deleted_at=pd.instant(-1))])
    assert pd.at.seconds(dated, dated["levels"][0]["past_gaps"], "past") == 3600


def test_policy_period_is_what_every_rendering_covers(only, pd):
    """A rendering that ends earlier shortens the period, it does not open a gap."""
    row = policy(
        only,
        pd,
        [pd.ref("D1", "schedule")],
        renderings=[pd.rendering("D1", (START, 9, "ann"), until=9)],
    )
    assert row["observed"]["until"] == "2026-11-23T21:00:00Z"
    assert row["levels"][0]["gaps"] == []


def test_schedules_rendered_over_different_days_leave_a_policy_unknown(view, pd):
    """There is no time at which all of them were observed."""
    (row,) = view(
        "policy_coverage",
        escalation_policy=[pd.policy("P1", [pd.ref("D1", "schedule"), pd.ref("D2", "schedule")])],
        schedule=[pd.schedule("D1"), pd.schedule("D2")],
        schedule_rendering=[
            pd.rendering("D1", (START, 0, "ann"), until=0),
            pd.rendering("D2", (0, END, "ann"), since=0),
        ],
        user=[pd.user("ann")],
    )
    assert not {"observed", "levels", "uncovered", "deleted_users"} & set(row.body)
    assert row.unknown == {"*": "its schedules were rendered over different days"}


def test_rendering_that_ended_before_now_counts_as_none(only, pd):
    """It does not say that nobody is reached."""
    row = policy(
        only,
        pd,
        [pd.ref("D1", "schedule")],
        renderings=[pd.rendering("D1", (START, -9, "ann"), until=-9)],
    )
    assert pd.at.ahead(row) is None
    assert reaches(pd, row) == [None]


def test_a_policy_without_levels_reaches_nobody(only, pd):
    """It has no level to say more about."""
    row = policy(only, pd)
    assert (row["level_count"], row["levels"]) == (0, [])
    gap = row["observed"] | {"reasons": ["no target"]}
    assert row["uncovered"] == row["past_uncovered"] == [gap]


def test_level_with_an_unknown_target_type_is_unknown(only, pd):
    """A type that this plugin does not know may well reach somebody."""
    row = policy(only, pd, [pd.ref("X1", "robot")])
    assert row["levels"][0]["targets"][0]["type"] == "other"
    assert reaches(pd, row) == [None]


def test_single_person_on_every_level_is_reported(only, pd):
    """Two levels with one person behind both are no second chance."""
    row = policy(only, pd, [pd.ref("ann")], [pd.ref("ann")])
    ann = {"id": "ann", "title": "the user ann"}
    assert row["single_person"] == [row["observed"] | {"person": ann}]


def test_single_person_is_unknown_while_others_may_be_on_call(only, pd):
    """Nothing is told of a time for which a target is unknown."""
    row = policy(only, pd, [pd.ref("ann"), pd.ref("bob")], [pd.ref("D1", "schedule")], schedules=[])
    assert ["unknown" in period for period in row["single_person"]] == [True]


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
    assert [gap["causes"] for gap in row["levels"][0]["gaps"]] == causes


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
    assert total(row["levels"][0]["gaps"]) == 4 * 3600
    reasons = ["Schedule D1: gap between layers", "Schedule D2: gap between layers"]
    gap = {"since": "2026-11-23T16:00:00Z", "until": "2026-11-23T17:00:00Z", "reasons": reasons}
    assert row["uncovered"] == row["past_uncovered"] == [gap]


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
    assert pd.at.seconds(row, row["single_person"], "ahead") == 12 * 3600
    assert [period["person"]["id"] for period in row["single_person"]] == ["ann"]


def test_single_person_is_unknown_where_others_may_be_on_call(only, pd):
    """A schedule that is not listed may have anybody on it."""
    row = policy(only, pd, [pd.ref("ann")], [pd.ref("D9", "schedule")])
    (period,) = row["single_person"]
    assert period["unknown"] == "the schedule D9: this schedule is not in the evidence"


def test_row_has_the_reasons_for_unknown_fields(view, pd):
    """The schedules that are not there are named."""
    (row,) = view(
        "policy_coverage",
        escalation_policy=[pd.policy("P1", [pd.ref("D1", "schedule"), pd.ref("D9", "schedule")])],
        schedule=[pd.schedule("D1")],
    )
    (unclear,) = row.body["unclear"]
    assert unclear["unknown"] == (
        "the schedule D1: PagerDuty did not render this schedule; "
        "the schedule D9: this schedule is not in the evidence"
    )


def test_deleted_schedule_reaches_nobody_from_now_on(only, pd):
    """It is a gap that is named; whom it reached before it was deleted is not known."""
    target = {"id": "D9", "type": "schedule_reference", "summary": "Night shift"}
    row = only(
        "policy_coverage",
        escalation_policy=[pd.policy("P1", [target])],
        schedule=[],
        schedule_rendering=[],
        user=[],
        vanished={"schedule": [pd.schedule("D9")]},
    )
    (level,) = row["levels"]
    assert level["targets"] == [
        {"type": "schedule", "id": "D9", "title": "Night shift", "state": "deleted"}
    ]
    assert [gap["causes"] for gap in level["gaps"]] == [["deleted_schedule"]]
    (before,) = level["past_gaps"]
    assert before["unknown"] == "Night shift: this schedule was deleted at an unknown time"
    assert reaches(pd, row) == [False]
