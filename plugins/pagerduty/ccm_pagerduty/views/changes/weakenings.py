"""What a change from one version to the next takes from the response, and whom it gives rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccm_pagerduty.references import references_in
from ccm_pagerduty.views.on_call.responders import PRIVILEGED_ROLES, ROLE_NAMES
from ccm_pagerduty.views.row_builder import ESCALATION_POLICY, SCHEDULE, USER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.sdk.changes.trail import TrailEntry
    from ccm_core.sdk.types import JsonObject, VersionChange

_LEVEL = ("escalation_rule", "level", "target")
_PEOPLE = ("layer", "user", "member", "rotation")


@dataclass(frozen=True, slots=True)
class Weakening:
    """One thing that a change does."""

    text: str
    trail_fields: tuple[str, ...] = ()
    """Words of which the name of a field in the audit trail has one, where the trail shows it."""
    action: str | None = None
    """The action by which the trail shows it, whatever its fields."""
    grants: bool = False
    """Whether it makes somebody an owner or an admin, and takes nothing from the response."""

    def is_shown_by(self, entry: TrailEntry) -> bool:
        """Return whether an entry of the trail about the same object shows it."""
        if self.action is not None and entry.action == self.action:
            return True
        names = [field.name.lower() for field in entry.fields]
        return any(word in name for name in names for word in self.trail_fields)


def weakenings(change: VersionChange) -> Iterator[Weakening]:
    """Yield how a change of a policy or a schedule lets fewer pages reach a person."""
    if change.kind not in {ESCALATION_POLICY, SCHEDULE} or change.before is None:
        return
    if change.after is None:
        noun = change.kind.partition(".")[2].replace("_", " ")
        yield Weakening(f"the {noun} was deleted", action="deleted")
    elif change.kind == ESCALATION_POLICY:
        yield from _of_policy(change.before.body, change.after.body)
    elif _people(change.before.body) and not _people(change.after.body):
        yield Weakening("nobody is in any of its layers any more", _PEOPLE)


def grants(change: VersionChange) -> Iterator[Weakening]:
    """Yield that somebody became an owner or an admin."""
    if change.kind != USER or change.after is None:
        return
    role = change.after.body.get("role")
    before = None if change.before is None else change.before.body.get("role")
    if role in PRIVILEGED_ROLES and role != before:
        text = f"became {ROLE_NAMES.get(str(role), str(role))}"
        yield Weakening(text, ("role",), action="created" if before is None else None, grants=True)


def _of_policy(before: JsonObject, after: JsonObject) -> Iterator[Weakening]:
    loops_before, loops = before.get("num_loops"), after.get("num_loops")
    if _is_less(loops, loops_before):
        text = f"the policy is repeated {loops} times instead of {loops_before}"
        yield Weakening(text, ("num_loops",))
    levels_before, levels = _levels(before), _levels(after)
    if len(levels) < len(levels_before):
        text = f"it has {len(levels)} of {len(levels_before)} levels left"
        yield Weakening(text, _LEVEL)
    kept = {level.get("id"): level for level in levels_before}
    for number, level in enumerate(levels, start=1):
        earlier = kept.get(level.get("id"))
        if earlier is not None:
            yield from _of_level(number, earlier, level)


def _of_level(number: int, before: JsonObject, after: JsonObject) -> Iterator[Weakening]:
    if references_in(before, "targets") and not references_in(after, "targets"):
        yield Weakening(f"level {number} names nobody any more", _LEVEL)
    delay_before, delay = (one.get("escalation_delay_in_minutes") for one in (before, after))
    if _is_less(delay_before, delay):
        text = f"level {number} is left after {delay} minutes instead of {delay_before}"
        yield Weakening(text, ("delay", *_LEVEL))


def _levels(policy: JsonObject) -> Sequence[JsonObject]:
    return policy.get("escalation_rules") or ()


def _people(schedule: JsonObject) -> bool:
    """Return whether anybody is in a layer or a rotation, whenever it is in force."""
    layers = any(layer.get("users") for layer in schedule.get("schedule_layers") or ())
    return layers or any(
        member.get("user_id")
        for rotation in schedule.get("rotations") or ()
        for event in rotation.get("events") or ()
        for member in (event.get("assignment_strategy") or {}).get("members") or ()
    )


def _is_less(one: Any, other: Any) -> bool:
    return isinstance(one, int) and isinstance(other, int) and one < other
