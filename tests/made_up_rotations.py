"""Writes a made-up situation of two rotations down as PagerDuty would tell it."""

from __future__ import annotations

from itertools import pairwise


def evidence(pd, situation, random):
    """Write the situation down as PagerDuty would tell it."""
    return {
        "schedule": [
            pd.schedule(
                key,
                form=user.form,
                layers=[
                    pd.layer(
                        layer.start,
                        layer.end,
                        users=layer.users,
                        restrictions=[{"type": "daily_restriction"} for _ in layer.hours],
                    )
                    for layer in user.layers
                ],
            )
            for key, user in situation.schedules.items()
        ],
        "schedule_rendering": [
            rendering(pd, situation, key, user, random) for key, user in situation.schedules.items()
        ],
        "user": [
            pd.user("ann"),
            pd.user("bob"),
            pd.user("zoe", role="read_only_user"),
            pd.user("new", invited=True),
            pd.user("who", role=None),
            pd.user("mute", notification_rules=[pd.notification_rule(urgency="low")]),
            pd.user("dead", contact_methods=[]),
            pd.user("slow", notification_rules=[pd.notification_rule(situation.slow)]),
        ],
        "escalation_policy": [
            pd.policy(
                "P1",
                *([target(pd, situation, key) for key in keys] for keys in situation.levels),
                delays=situation.delays,
            )
        ],
    }


def target(pd, situation, key):
    """Refer to a schedule or to a person."""
    return pd.ref(key, "schedule") if key in situation.schedules else person(pd, situation, key)


def person(pd, situation, name):
    """Refer to a person; the reference to somebody who left says when."""
    deleted_at = {"deleted_at": situation.left_at.isoformat()} if name == "left" else {}
    return pd.ref(name, **deleted_at)


def rendering(pd, situation, key, rotation, random):
    """Render a schedule: in pieces, in any order, some of them twice, in the zone's own offsets."""
    shifts = []
    for since, until in pairwise(rotation.marks):
        holder = rotation.holder(since)
        if holder is None and not (rotation.form == "shifts" and rotation.explicit):
            continue
        if shifts and shifts[-1][1:] == (since, holder) and random.random() < 0.9:
            shifts[-1] = (shifts[-1][0], until, holder)
        else:
            shifts.append((since, until, holder))
    shifts += random.sample(shifts, len(shifts) // 3)
    random.shuffle(shifts)
    return pd.rendering(
        key,
        *(
            (
                since.astimezone(rotation.zone),
                until.astimezone(rotation.zone),
                name and person(pd, situation, name),
            )
            for since, until, name in shifts
        ),
        percentage=50.0 if shifts else 0.0,
        since=situation.since,
        until=situation.until,
    )
