"""Whether evidence is stale: too old for a kind or a rule, or dated in the future. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from ccm_core.model.evaluation.result import KindSufficiency
from ccm_core.model.evidence.collection import Collection
from ccm_core.rules.pack.compiled import CompiledRule
from ccm_core.sdk.timestamps import format_duration, format_instant


def too_old(kind: str, at: datetime, now: datetime, allowed: timedelta) -> str | None:
    """Return a problem where evidence of a kind is older than allowed."""
    if now - at <= allowed:
        return None
    age, limit = (format_duration(span.total_seconds()) for span in (now - at, allowed))
    return f"{kind} is {age} old, at most {limit} is allowed"


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
    age = now - sufficiency.collected_at
    if age <= rule.max_age:
        return None
    old, limit = (format_duration(span.total_seconds()) for span in (age, rule.max_age))
    return f"{sufficiency.kind} is {old} old, at most {limit} is allowed"
