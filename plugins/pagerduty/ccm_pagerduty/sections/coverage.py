"""The section "On-call coverage": timelines of schedules and of escalation levels, with gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.report_figures import Lane, Timeline, TimelineGap
from ccm_pagerduty.sections.row_intervals import known_parts, observed_within, split, within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccm_core.sdk.report_figures import Figure, SectionRequest
    from ccm_core.sdk.types import JsonObject, Row

POLICIES = "pagerduty.policy_coverage"
SCHEDULES = "pagerduty.schedule_coverage"
VIEWS = (POLICIES, SCHEDULES)


def figures(request: SectionRequest) -> Iterable[Figure]:
    """Yield a timeline of escalation levels, and one of schedules."""
    levels = tuple(lane for row in request.rows[POLICIES] for lane in _levels(row, request))
    schedules = tuple(_schedule(row, request) for row in request.rows[SCHEDULES])
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


def _levels(row: Row, request: SectionRequest) -> Iterator[Lane]:
    policy = row.body
    if not policy["in_use"]:
        return
    for level in policy.get("levels", ()):
        names = ", ".join(target["title"] for target in level["targets"]) or "nobody"
        yield _lane(
            request,
            policy | level,
            title=f"Level {level['level']}: {names}",
            group=row.subject.title,
            url=row.subject.url,
        )


def _schedule(row: Row, request: SectionRequest) -> Lane:
    return _lane(request, row.body, title=row.subject.title, url=row.subject.url)


def _lane(
    request: SectionRequest, coverage: JsonObject, *, title: str, url: str | None, group: str = ""
) -> Lane:
    """Draw the past with those who were deleted since, and what is ahead without them."""
    observed = observed_within(coverage, request.horizon)
    past, ahead = split(observed, request.now) if observed else (None, None)
    gaps = ((coverage.get("past_gaps", ()), past), (coverage.get("gaps", ()), ahead))
    return Lane(
        title=title,
        group=group,
        url=url,
        observed=tuple(window for listed, part in gaps for window in known_parts(listed, part)),
        gaps=tuple(
            TimelineGap(window=window, title=_causes(gap))
            for listed, part in gaps
            for window, gap in within(listed, part)
            if "unknown" not in gap
        ),
    )


def _causes(gap: JsonObject) -> str:
    causes = gap.get("causes", [gap["cause"]] if "cause" in gap else [])
    return ", ".join(str(cause).replace("_", " ") for cause in causes)
