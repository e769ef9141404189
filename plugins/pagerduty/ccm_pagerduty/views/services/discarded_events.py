"""What the rules of event orchestrations keep from opening an incident on a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.views.row_builder import EVENT_ORCHESTRATION_PATH, SERVICE_ORCHESTRATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.row_builder import RowBuilder

START = "start"
"""The id of the rule set at which an event enters."""
WAKES_NOBODY = frozenset({"warning", "info"})
"""Severities of low urgency, where the severity decides the urgency."""


def discard_fields(
    service: JsonObject, orchestrations: Iterable[str], builder: RowBuilder
) -> JsonObject:
    """Return the rules that keep events from waking somebody, where the service's own are known.

    Args:
        service: The service.
        orchestrations: The ids of the event orchestrations that route events to it.
        builder: Notes what is read.
    """
    own = builder.find(SERVICE_ORCHESTRATION, service["id"])
    shared = [
        builder.find(EVENT_ORCHESTRATION_PATH, f"{key}/global") for key in sorted(orchestrations)
    ]
    if own is None:
        return {}
    paths = [record.body for record in (own, *shared) if record is not None]
    return {"discards": discards(paths, urgency_by_severity=_by_severity(service))}


def discards(paths: Iterable[JsonObject], *, urgency_by_severity: bool) -> list[JsonObject]:
    """Return the rules that drop, suppress or hold back events, or make them wake nobody.

    Args:
        paths: The rule sets that the events of the service pass. Those that are not in use, because
            the service still follows older rules, discard nothing.
        urgency_by_severity: Whether the severity of an event decides whether it wakes anybody.
    """
    return [
        {"path": path["type"], "rule": label, "effect": effect, "unmatched": unmatched}
        for path in paths
        if path.get("active") is not False
        for label, actions, unmatched in _outcomes(path)
        for effect in _effects(actions, urgency_by_severity=urgency_by_severity)
    ]


def _by_severity(service: JsonObject) -> bool:
    rule = service.get("incident_urgency_rule") or {}
    parts = (rule, rule.get("during_support_hours"), rule.get("outside_support_hours"))
    return any(part and part.get("urgency") == "severity_based" for part in parts)


def _outcomes(path: JsonObject) -> Iterator[tuple[str | None, JsonObject, bool]]:
    """Yield what can happen to an event: the rule, its actions, and whether it has no condition.

    A rule without a condition decides of whatever the rules above it do not match, and so do the
    set that it leads to and, at the end of a set, the actions for whatever no rule matches. A rule
    that is off decides of nothing, and so does one below a rule without a condition.
    """
    sets = {part["id"]: part for part in path.get("sets") or () if part and part.get("id")}
    pending, known, ends = [(START, True)], {START}, set()
    while pending:
        name, unmatched = pending.pop(0)
        for rule in _rules(sets.get(name) or {}):
            always = not rule.get("conditions")
            actions = rule.get("actions") or {}
            yield rule.get("label") or rule.get("id"), actions, unmatched and always
            following = str(actions.get("route_to"))
            if following in sets and following not in known:
                known.add(following)
                pending.append((following, unmatched and always))
            if always:
                break
        else:
            ends.add(unmatched)
    if ends:
        yield None, (path.get("catch_all") or {}).get("actions") or {}, any(ends)


def _rules(part: JsonObject) -> Iterator[JsonObject]:
    return (rule for rule in part.get("rules") or () if rule and not rule.get("disabled"))


def _effects(actions: JsonObject, *, urgency_by_severity: bool) -> Iterator[str]:
    if actions.get("drop_event"):
        yield "drop"
    elif actions.get("suppress"):
        yield "suppress"
    elif urgency_by_severity and actions.get("severity") in WAKES_NOBODY:
        yield "low_urgency"
    elif actions.get("suspend"):
        yield "suspend"
