"""What the rules of event orchestrations keep from opening an incident on a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccm_core.sdk.types import JsonObject

START = "start"
"""The id of the rule set at which an event enters."""
WAKES_NOBODY = frozenset({"warning", "info"})
"""Severities of low urgency, where the severity decides the urgency."""


def discards(paths: Iterable[JsonObject], *, urgency_by_severity: bool) -> list[JsonObject]:
    """Return the rules that drop, suppress or hold back events, or make them wake nobody.

    Args:
        paths: The rule sets that the events of the service pass.
        urgency_by_severity: Whether the severity of an event decides whether it wakes anybody.
    """
    return [
        {"path": path["type"], "rule": label, "effect": effect, "unmatched": unmatched}
        for path in paths
        for label, actions, unmatched in _outcomes(path)
        for effect in _effects(actions, urgency_by_severity=urgency_by_severity)
    ]


def _outcomes(path: JsonObject) -> Iterator[tuple[str | None, JsonObject, bool]]:
    """Yield what can happen to an event: the rule, its actions, and whether it has no condition.

    A rule without a condition decides of whatever the rules above it do not match, and a set that
    it leads to does so too. A rule that is off decides of nothing, and so does one below a rule
    without a condition.
    """
    sets = {part["id"]: part for part in path.get("sets") or () if part and part.get("id")}
    pending, known = [(START, True)], {START}
    while pending:
        name, unmatched = pending.pop(0)
        ends = False
        for rule in (sets.get(name) or {}).get("rules") or ():
            if not rule or rule.get("disabled") or ends:
                continue
            ends = not rule.get("conditions")
            actions = rule.get("actions") or {}
            yield rule.get("label") or rule.get("id"), actions, unmatched and ends
            following = actions.get("route_to")
            if following in sets and following not in known:
                known.add(following)
                pending.append((following, unmatched and ends))
        if name == START and not ends:
            yield None, (path.get("catch_all") or {}).get("actions") or {}, True


def _effects(actions: JsonObject, *, urgency_by_severity: bool) -> Iterator[str]:
    if actions.get("drop_event"):
        yield "drop"
    elif actions.get("suppress"):
        yield "suppress"
    elif urgency_by_severity and actions.get("severity") in WAKES_NOBODY:
        yield "low_urgency"
    elif actions.get("suspend"):
        yield "suspend"
