"""Who is on call, hour by hour, from the layers of schedules and the levels of policies alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pagerduty_simulator.account.objects import AccountSchedule, Policy, PolicyLevel, ScheduleLayer

from tests.pipeline.quarter.account_of_a_quarter import DAY, HOUR, Snapshot

Objects = Mapping[str, Mapping[str, Any]]


def on_call(schedule: AccountSchedule, at: int) -> str | None:
    """Return who is on call at a moment: an override, or the last layer that is in force."""
    for override in schedule.overrides:
        if override.start <= at < override.end:
            return override.user_id
    for layer in reversed(schedule.layers):
        if (
            layer.start <= at
            and (layer.end is None or at < layer.end)
            and _is_on(layer, at, schedule)
        ):
            turn = (at - layer.start) // layer.turn_seconds
            return layer.user_ids[turn % len(layer.user_ids)]
    return None


def _is_on(layer: ScheduleLayer, at: int, schedule: AccountSchedule) -> bool:
    local = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(schedule.time_zone))
    second = local.hour * HOUR + local.minute * 60 + local.second
    for restriction in layer.restrictions:  # all of this account are of every day
        hours, minutes, _ = map(int, restriction.start_time_of_day.split(":"))
        begins = hours * HOUR + minutes * 60
        if not (second - begins) % DAY < restriction.duration_seconds:
            return False
    return True


def people(level: PolicyLevel, objects: Objects, at: int) -> set[str]:
    """Return whom a level reaches at a moment: nobody who was deleted or has no contact method."""
    named = set()
    for target in level.targets:
        if target.type == "user":
            named.add(target.id)
        else:
            named.add(on_call(objects["schedules"][target.id], at) or "")
    return {who for who in named & objects["users"].keys() if objects["users"][who].contact_methods}


def hours_ahead(step: Snapshot) -> Sequence[int]:
    """Return each full hour of the two weeks that the connection looks ahead."""
    now = int(step.at.timestamp())
    return range(now, now + 14 * DAY, HOUR)


def hours_back(step: Snapshot) -> Sequence[int]:
    """Return each full hour of the thirty days that the connection looks back."""
    now = int(step.at.timestamp())
    return range(now - 30 * DAY, now, HOUR)


def policies(step: Snapshot) -> Iterator[tuple[str, Policy, Objects]]:
    """Yield the policies that a service uses."""
    used = {service.policy_id for service in step.objects["services"].values()}
    for key, policy in step.objects["policies"].items():
        if key in used:
            yield key, policy, step.objects


def policy_tests(step: Snapshot) -> Iterator[tuple[str, str, bool]]:
    """Yield the tests of policies: which, of what, and whether it passes."""
    weeks, before = hours_ahead(step), hours_back(step)
    for key, policy, objects in policies(step):
        levels = policy.levels

        def reached(at: int, levels=levels, objects=objects) -> set[str]:
            return set().union(*(people(level, objects, at) for level in levels))

        named = {t.id for level in levels for t in level.targets if t.type == "user"}
        named |= {
            who
            for level in levels
            for target in level.targets
            if target.type == "schedule"
            for who in (on_call(objects["schedules"][target.id], at) for at in weeks)
            if who
        }
        roles = {objects["users"][who].role for who in named & objects["users"].keys()}
        name = "pagerduty_policy_"
        yield f"{name}has_levels", key, len(levels) >= 2
        each = all(any(people(level, objects, at) for at in weeks) for level in levels)
        yield f"{name}every_level_reaches_a_person", key, each
        yield f"{name}first_level_covered", key, all(people(levels[0], objects, at) for at in weeks)
        was = all(people(levels[0], objects, at) for at in before)
        yield f"{name}first_level_was_covered", key, was
        yield f"{name}reaches_somebody_at_all_times", key, all(reached(at) for at in weeks)
        yield f"{name}reached_somebody_at_all_times", key, all(reached(at) for at in before)
        yield f"{name}asks_another_person", key, all(len(reached(at)) != 1 for at in weeks)
        yield f"{name}names_no_deleted_user", key, not named & objects["deleted_users"].keys()
        stakeholders = {"read_only_user", "read_only_limited_user"}
        yield f"{name}names_no_stakeholder", key, not roles & stakeholders
        invited = any(
            objects["users"][who].invitation_sent for who in named & objects["users"].keys()
        )
        yield f"{name}names_no_unaccepted_invitation", key, not invited


def schedule_tests(step: Snapshot) -> Iterator[tuple[str, str, bool]]:
    """Yield the tests of schedules."""
    weeks, before = hours_ahead(step), hours_back(step)
    used = {
        target.id
        for policy in step.objects["policies"].values()
        for level in policy.levels
        for target in level.targets
    }
    for key, schedule in step.objects["schedules"].items():
        name = "pagerduty_schedule_"
        yield f"{name}is_attached", key, key in used
        if schedule.form == "layers":
            yield f"{name}has_layers", key, any(layer.user_ids for layer in schedule.layers)
        yield f"{name}has_no_gap_ahead", key, all(on_call(schedule, at) for at in weeks)
        yield f"{name}had_no_gap", key, all(on_call(schedule, at) for at in before)
        shared = {on_call(schedule, at) for at in (*before, *weeks)} - {None}
        yield f"{name}is_shared", key, len(shared) > 1
        replaced = [at for at in before if any(o.start <= at < o.end for o in schedule.overrides)]
        yield f"{name}rotation_is_kept", key, len(replaced) / len(before) <= 0.25


def people_tests(step: Snapshot) -> Iterator[tuple[str, str, bool]]:
    """Yield the tests of whoever is on call in two weeks, or is named by a policy."""
    objects, midnight = step.objects, int(step.at.timestamp()) // DAY * DAY
    levels = [level for policy in objects["policies"].values() for level in policy.levels]
    times = range(midnight, midnight + 15 * DAY, HOUR)
    named = {t.id for level in levels for t in level.targets if t.type == "user"}
    for schedule in objects["schedules"].values():
        named |= {on_call(schedule, at) or "" for at in times}
    for key in sorted(named & objects["users"].keys()):
        user = objects["users"][key]
        methods = {method.id: method.type for method in user.contact_methods if method.enabled}
        yield "pagerduty_on_call_user_can_be_reached", key, len(set(methods.values())) >= 2
        delays = [
            rule.delay_minutes
            for rule in user.notification_rules
            if rule.urgency == "high" and rule.contact_method_id in methods
        ]
        yield "pagerduty_on_call_user_is_notified", key, bool(delays) and min(delays) <= 5
