"""The section "On-call coverage": timelines of schedules and of escalation levels, with gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import Window
from ccm_core.sdk.report_figures import Lane, Timeline, TimelineGap
from ccm_core.sdk.timestamps import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccm_core.sdk.report_figures import Figure, SectionRequest
    from ccm_core.sdk.types import JsonObject, Row

POLICIES = "pagerduty.policy_coverage"
SCHEDULES = "pagerduty.schedule_coverage"
VIEWS = (POLICIES, SCHEDULES)

_TENSES = ("past", "ahead")


def figures(request: SectionRequest) -> Iterable[Figure]:
    """Yield a timeline of escalation levels, and one of schedules."""
    levels = tuple(lane for row in request.rows[POLICIES] for lane in _levels(row))
    schedules = tuple(_schedule(row) for row in request.rows[SCHEDULES])
    if levels:
        yield Timeline(
            title="Escalation policy levels",
            about="Each line is one level of an escalation policy in use. In a coverage gap, "
            "nobody who can respond is on call on that level. Past coverage is reconstructed from "
            "today's settings.",
            window=request.horizon,
            lanes=levels,
            covered="responder on call",
            gap="coverage gap",
        )
    if schedules:
        yield Timeline(
            title="Schedules",
            about="In a coverage gap, the schedule has nobody on call.",
            window=request.horizon,
            lanes=schedules,
            covered="user on call",
            gap="coverage gap",
        )


def _levels(row: Row) -> Iterator[Lane]:
    policy = row.body
    if not policy["in_use"]:
        return
    for level in policy["levels"]:
        names = ", ".join(target["title"] for target in level["targets"]) or "nobody"
        yield Lane(
            title=f"Level {level['level']}: {names}",
            group=row.subject.title,
            url=row.subject.url,
            observed=_observed(level, policy),
            gaps=_gaps(level),
        )


def _schedule(row: Row) -> Lane:
    return Lane(
        title=row.subject.title,
        url=row.subject.url,
        observed=_observed(row.body, row.body),
        gaps=_gaps(row.body),
    )


def _observed(gaps: JsonObject, periods: JsonObject) -> tuple[Window, ...]:
    """Return the periods for which the evidence shows the gaps."""
    return tuple(
        _window(periods[f"{tense}_period"])
        for tense in _TENSES
        if f"gaps_{tense}" in gaps and f"{tense}_period" in periods
    )


def _gaps(body: JsonObject) -> tuple[TimelineGap, ...]:
    return tuple(
        TimelineGap(window=_window(gap), title=_causes(gap))
        for tense in _TENSES
        for gap in body.get(f"gaps_{tense}", ())
    )


def _causes(gap: JsonObject) -> str:
    causes = gap.get("causes", [gap["cause"]] if "cause" in gap else [])
    return ", ".join(str(cause).replace("_", " ") for cause in causes)


def _window(period: JsonObject) -> Window:
    return Window(parse_instant(period["since"]), parse_instant(period["until"]))
