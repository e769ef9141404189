"""Whether evidence is stale: too old for a kind or a rule, or dated in the future. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from ccm_core.model.evaluation.result import KindSufficiency
from ccm_core.model.evidence.collection import Collection
from ccm_core.rules.pack.compiled import CompiledRule
from ccm_core.sdk.timestamps import format_duration, format_instant


def too_old(kind: str, at: datetime, now: datetime, allowed: timedelta) -> str | None:
    """Return a problem where evidence of a kind was collected longer ago than allowed.

    It names the instant and no age, so that the same evidence has the same problem later.
    """
    return None if now - at <= allowed else _too_old(kind, "collected", at, allowed)


def not_read_lately(kind: str, until: datetime, now: datetime, allowed: timedelta) -> str | None:
    """Return a problem where events of a kind were read up to an instant that is too long ago."""
    return None if now - until <= allowed else _too_old(kind, "collected up to", until, allowed)


def dated_in_future(newest: Collection, now: datetime, allowed: timedelta) -> str | None:
    """Return a problem where a clock was wrong, which would keep evidence fresh for too long."""
    if newest.ended_at - now <= allowed:
        return None
    moment = format_instant(newest.ended_at)
    return f"{newest.kind} is dated {moment}, after the evaluation; check the clock"


def older_than_rule_allows(
    sufficiency: KindSufficiency, rule: CompiledRule, now: datetime
) -> str | None:
    """Apply the rule's own limit, where the sufficiency was assessed with a wider one."""
    if rule.max_age is None or sufficiency.collected_at is None:
        return None
    if sufficiency.max_age is not None and sufficiency.max_age <= rule.max_age.total_seconds():
        return None
    return too_old(sufficiency.kind, sufficiency.collected_at, now, rule.max_age)


def _too_old(kind: str, collected: str, at: datetime, allowed: timedelta) -> str:
    limit = format_duration(allowed.total_seconds())
    return f"{kind}: {collected} {format_instant(at)}, allowed age {limit}"
