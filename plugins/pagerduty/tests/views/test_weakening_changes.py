"""The view ``pagerduty.weakening_changes``."""

from __future__ import annotations

import pytest

VIEW = "weakening_changes"


def level(key, *people, delay=15):
    """Make a level of a policy."""
    targets = [{"id": person, "type": "user_reference", "summary": person} for person in people]
    return {"id": key, "escalation_delay_in_minutes": delay, "targets": targets}


def policy(*levels, loops=1, name="Payments"):
    """Make a policy."""
    return {"id": "P1", "name": name, "num_loops": loops, "escalation_rules": list(levels)}


def schedule(*people, form="layers"):
    """Make a schedule with one layer, or one rotation."""
    if form == "layers":
        users = [{"user": {"id": person, "type": "user_reference"}} for person in people]
        layers = [{"id": "A", "users": users}]
        return {"id": "S1", "form": "layers", "name": "Primary", "schedule_layers": layers}
    members = [{"type": "user_member", "user_id": person} for person in people]
    event = {"id": "E", "assignment_strategy": {"type": "rotating", "members": members}}
    rotations = [{"id": "R", "events": [event]}]
    return {"id": "S1", "form": "shifts", "name": "Primary", "rotations": rotations}


def member(person, team="T1"):
    """Make a member of a team."""
    return {
        "team": {"id": team, "type": "team_reference", "summary": "Payments"},
        "user": {"id": person, "type": "user_reference", "summary": person},
        "role": "responder",
    }


def user(role):
    """Make a user."""
    return {"id": "U1", "name": "Bob", "role": role}


def audit(kind, key, *fields, action="update", at="2026-11-23T11:30:00Z"):
    """Make an audit record of half an hour ago."""
    root = {"id": key, "type": f"{kind}_reference", "summary": "x"}
    written = [{"name": name, "before_value": "1", "value": "0"} for name in fields]
    return {
        "id": "A1",
        "execution_time": at,
        "action": action,
        "actors": [{"id": "ANN", "type": "user_reference", "summary": "Ann"}],
        "root_resource": root,
        "details": {"resource": root, "fields": written},
    }


TWO = policy(level("L1", "U1"), level("L2", "U2"))


@pytest.mark.parametrize(
    ("noun", "before", "after", "weakenings"),
    [
        pytest.param(
            "escalation_policy",
            TWO,
            policy(level("L1", "U1")),
            ["it has 1 of 2 levels left"],
            id="a level less",
        ),
        pytest.param(
            "escalation_policy",
            TWO,
            policy(level("L1"), level("L2", "U2")),
            ["level 1 names nobody any more"],
            id="a level without targets",
        ),
        pytest.param(
            "escalation_policy",
            TWO,
            policy(level("L1", "U1", delay=60), level("L2", "U2")),
            ["level 1 is left after 60 minutes instead of 15"],
            id="a longer delay",
        ),
        pytest.param(
            "escalation_policy",
            policy(level("L1", "U1"), loops=2),
            policy(level("L1", "U1"), loops=0),
            ["the policy is repeated 0 times instead of 2"],
            id="fewer repeats",
        ),
        pytest.param(
            "escalation_policy", TWO, None, ["the escalation policy was deleted"], id="deleted"
        ),
        pytest.param(
            "schedule",
            schedule("U1"),
            schedule(),
            ["nobody is in any of its layers any more"],
            id="an emptied schedule",
        ),
        pytest.param(
            "schedule",
            schedule("U1", form="rotations"),
            schedule(form="rotations"),
            ["nobody is in any of its layers any more"],
            id="an emptied rotation",
        ),
        pytest.param("schedule", schedule("U1"), None, ["the schedule was deleted"], id="gone"),
    ],
)
def test_what_a_change_takes_is_told(only, noun, before, after, weakenings):
    """As long as no audit record shows it, nobody knows who did it."""
    row = only(VIEW, changes={noun: [(before, after)]})
    assert row["weakenings"] == row["unrecorded_weakenings"] == weakenings
    assert row["grants_privileges"] is row["unrecorded_grant"] is False


@pytest.mark.parametrize(
    ("noun", "before", "after"),
    [
        pytest.param("escalation_policy", policy(level("L1", "U1")), TWO, id="a level more"),
        pytest.param("escalation_policy", TWO, {**TWO, "name": "Pay"}, id="another name"),
        pytest.param("escalation_policy", None, TWO, id="a new policy"),
        pytest.param("schedule", schedule("U1", "U2"), schedule("U1"), id="one person less"),
        pytest.param("user", user("admin"), user("limited_user"), id="a role taken back"),
        pytest.param("user", user("admin"), {**user("admin"), "name": "Bo"}, id="as before"),
        pytest.param("user", user("admin"), None, id="a deleted user"),
    ],
)
def test_other_changes_have_no_row(view, noun, before, after):
    """Nothing is weakened by them, and nobody gets rights."""
    assert view(VIEW, changes={noun: [(before, after)]}) == ()


@pytest.mark.parametrize("before", [user("limited_user"), None], ids=["promoted", "new"])
@pytest.mark.parametrize("role", ["owner", "admin"])
def test_who_gets_administrative_rights_is_told(only, before, role):
    """A role that changed, and somebody who came with it."""
    row = only(VIEW, changes={"user": [(before, user(role))]})
    assert row["grants_privileges"] is row["unrecorded_grant"] is True
    assert row["weakenings"] == []


@pytest.mark.parametrize(
    ("noun", "before", "after", "record", "is_recorded"),
    [
        ("user", user("user"), user("admin"), audit("user", "U1", "role"), True),
        ("user", user("user"), user("admin"), audit("user", "U1", "time_zone"), False),
        ("user", user("user"), user("admin"), audit("user", "U2", "role"), False),
        ("user", None, user("admin"), audit("user", "U1", action="create"), True),
        (
            "user",
            user("user"),
            user("admin"),
            audit("user", "U1", "role", at="2026-11-23T10:59:59Z"),
            False,
        ),
        (
            "escalation_policy",
            TWO,
            policy(level("L1", "U1")),
            audit("escalation_policy", "P1", "name"),
            False,
        ),
        (
            "escalation_policy",
            policy(loops=1),
            policy(loops=0),
            audit("escalation_policy", "P1", "num_loops"),
            True,
        ),
        (
            "escalation_policy",
            TWO,
            None,
            audit("escalation_policy", "P1", action="delete"),
            True,
        ),
    ],
)
def test_only_a_record_of_that_very_thing_shows_it(only, noun, before, after, record, is_recorded):
    """Of the same object, between the two collections: who renamed a policy did not empty it."""
    row = only(VIEW, changes={noun: [(before, after)]}, audit_record=[record])
    unrecorded = bool(row["unrecorded_weakenings"]) or row["unrecorded_grant"]
    assert unrecorded is not is_recorded


def test_a_team_that_lost_its_last_member_is_told(view):
    """Whoever came later does not undo it; who left while others stayed is no loss."""
    team = {"id": "T1", "name": "Payments"}
    left = [(member("U1"), None), (member("U2"), None), (None, member("U3"))]
    rows = view(VIEW, changes={"team_member": left}, team=[team], team_member=[member("U3")])
    assert [row.body["weakenings"] for row in rows] == [["nobody is a member any more"]]
    assert rows[0].body["at"] == "2026-11-23T11:00:00Z"
    stayed = view(VIEW, changes={"team_member": left[:1]}, team=[team], team_member=[member("U2")])
    assert stayed == ()
