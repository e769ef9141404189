"""Assesses how far the evidence of one kind can be relied on. No rule text can turn this off.

Everything else depends on it: a kind whose evidence is missing, too old, partial,
unavailable or failed never lets a rule pass. Where a partial collection names the only objects
that it lacks, only those are incomplete.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ccm_core.model.evaluation.result import KindSufficiency
from ccm_core.model.evidence.collection import WORST_FIRST, Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.decisive_collections import (
    decisive_intervals,
    decisive_snapshot,
    newest_first,
)
from ccm_core.model.evidence.window import Window, subtract, union
from ccm_core.rules.evaluate.freshness import dated_in_future, not_read_lately, too_old
from ccm_core.sdk.evidence_kind import Shape
from ccm_core.sdk.timestamps import format_instant

_MOST_ERASED = 1000
"""Of more erased records than this, none is named: the whole kind is insufficient."""
_MOST_DETAILS = 3
"""How many reasons are written out; ``shortfalls`` has all of them."""


def assess_sufficiency(  # noqa: PLR0913 - each is a different fact about the kind, all by name
    collections: Sequence[Collection],
    *,
    kind: str,
    shape: Shape,
    cadence: timedelta,
    period: Window,
    now: datetime,
    connection: str,
    max_age: timedelta | None = None,
    refreshed: bool = False,
) -> KindSufficiency:
    """Return how far the evidence of one kind of one connection can be relied on.

    Args:
        collections: Every collection of the connection that is known at ``now``, in the order in
            which they were stored; those of other kinds are ignored.
        kind: The evidence kind's name.
        shape: Whether a collection states everything (snapshot) or what happened in its window.
        cadence: How often the kind is collected.
        period: What an event kind must cover; its end counts up to ``now``.
        now: The evaluation's moment.
        connection: The connection's name.
        max_age: How old the evidence may be; twice the cadence by default.
        refreshed: Whether events of the kind may change however old they are, so that what may
            have changed must have been read again.
    """
    allowed = 2 * cadence if max_age is None else max_age
    blank = KindSufficiency(
        kind=kind, connection=connection, outcome=None, max_age=allowed.total_seconds()
    )
    known = newest_first(
        [
            collection
            for collection in collections
            if collection.kind == kind and collection.connection == connection
        ]
    )
    if not known:
        sufficiency = replace(blank, problem=f"{kind} was never collected")
    elif shape is Shape.SNAPSHOT:
        sufficiency = _snapshot(known, blank, now, allowed)
    else:
        whole_period = Window(period.since, max(period.since, period.until))
        sufficiency = _events(known, blank, whole_period, now, refreshed=refreshed)
    return sufficiency


def subtract_erased(sufficiency: KindSufficiency, erased: Sequence[str]) -> KindSufficiency:
    """Mark the objects whose bodies were erased by order as incomplete."""
    if not erased:
        return sufficiency
    several = f"the bodies of {len(erased)} records were" if len(erased) > 1 else "a body was"
    detail = f"{several} erased by order"
    if len(erased) > _MOST_ERASED:
        problems = [sufficiency.problem, f"{sufficiency.kind}: {detail}"]
        problem = "; ".join(filter(None, problems))
        return replace(sufficiency, problem=problem, unlisted=None, subjects=())
    names = tuple(sorted(f"{sufficiency.kind}:{key}" for key in erased))
    shortfall = Shortfall(reason=Reason.ERASED, detail=detail, missing=len(erased), subjects=names)
    return replace(
        sufficiency,
        outcome=Outcome.PARTIAL if sufficiency.outcome is Outcome.COMPLETE else sufficiency.outcome,
        shortfalls=(*sufficiency.shortfalls, shortfall),
        subjects=()
        if sufficiency.problem and not sufficiency.unlisted
        else tuple(sorted({*sufficiency.subjects, *names})),
    )


# -- snapshots: one collection states the whole population ------------------------------------


def _snapshot(
    known: Sequence[Collection], blank: KindSufficiency, now: datetime, allowed: timedelta
) -> KindSufficiency:
    decisive = decisive_snapshot(known, now, allowed) or known[0]
    problems = [
        too_old(blank.kind, decisive.ended_at, now, allowed),
        dated_in_future(known[0], now, allowed),
    ]
    return _combined([decisive], blank, problems)


# -- events: every interval of the period needs a complete collection --------------------------


def _events(
    known: Sequence[Collection],
    blank: KindSufficiency,
    period: Window,
    now: datetime,
    *,
    refreshed: bool,
) -> KindSufficiency:
    allowed = timedelta(seconds=blank.max_age or 0)
    period = Window(period.since, max(period.since, min(period.until, now)))
    intervals = decisive_intervals(known, period, allowed)
    covered = union(window for interval in intervals for window in interval.windows)
    # The end of the period that no window reaches yet is a matter of age, not a gap.
    reached = covered[-1].until if covered else period.since
    gaps = subtract([Window(period.since, reached)], covered)
    problems: list[str | None] = [_gap_problem(blank.kind, gap, period) for gap in gaps]
    if covered:
        problems.append(not_read_lately(blank.kind, reached, period.until, allowed))
    else:
        problems.append(f"{blank.kind} was never collected for any part of the evaluated period")
    problems.append(dated_in_future(known[0], now, allowed))
    counting = [interval.collection for interval in intervals]
    refreshes = [collection for collection in known if collection.window is None]
    refresh = decisive_snapshot(refreshes, now, allowed)
    if refresh is not None:
        counting.append(refresh)
        problems.append(too_old(f"changes of {blank.kind}", refresh.ended_at, now, allowed))
    elif refreshed:
        problems.append(f"changes of {blank.kind} after it was collected were never collected")
    return _combined(counting, blank, problems)


def _gap_problem(kind: str, gap: Window, period: Window) -> str:
    """Return what was not collected, without the beginning of a period that moves with time."""
    if gap.since == period.since:
        until = format_instant(gap.until)
        return f"{kind} was never collected for the start of the evaluated period, up to {until}"
    return f"{kind} was never collected for {_format_window(gap)}"


def _format_window(window: Window) -> str:
    return f"{format_instant(window.since)} to {format_instant(window.until)}"


# -- the collections that count --------------------------------------------------------------


def _combined(
    counting: Sequence[Collection], blank: KindSufficiency, problems: Iterable[str | None]
) -> KindSufficiency:
    reported = [problem for problem in problems if problem]
    incomplete_objects: set[str] = set()
    for collection in counting:
        subjects = listed(collection).doubted
        if subjects is None:
            reported.append(_outcome_problem(collection))
        else:
            incomplete_objects |= subjects
    unlisted = _unlisted(blank.kind, counting)
    every_problem = [*reported, *([unlisted] if unlisted else [])]
    return replace(
        blank,
        outcome=_worst(counting),
        shortfalls=_shortfalls(counting),
        collected_at=min((collection.ended_at for collection in counting), default=None),
        problem="; ".join(dict.fromkeys(every_problem)) or None,
        unlisted=None if reported else unlisted,
        subjects=tuple(sorted(incomplete_objects)) if not reported else (),
    )


def listed(collection: Collection) -> Collection:
    """Return a collection as far as what it listed goes: without what it may not have listed."""
    if collection.outcome not in {Outcome.COMPLETE, Outcome.PARTIAL}:
        return collection
    remaining = tuple(
        shortfall for shortfall in collection.shortfalls if not shortfall.unlisted_only
    )
    if len(remaining) == len(collection.shortfalls):
        return collection
    outcome = Outcome.PARTIAL if remaining else Outcome.COMPLETE
    return replace(collection, outcome=outcome, shortfalls=remaining)


def _unlisted(kind: str, counting: Sequence[Collection]) -> str | None:
    """Return why objects may be missing from what was listed."""
    reasons = {
        shortfall.statement
        for collection in counting
        for shortfall in collection.shortfalls
        if shortfall.unlisted_only
    }
    details = "; ".join(sorted(reasons)[:_MOST_DETAILS])
    return f"{kind} is partial ({details})" if reasons else None


def _outcome_problem(collection: Collection) -> str:
    shortfalls = [shortfall for shortfall in collection.shortfalls if not shortfall.subjects]
    details = sorted({shortfall.statement for shortfall in shortfalls or collection.shortfalls})
    window = f" for {_format_window(collection.window)}" if collection.window else ""
    listed = ", ".join(details[:_MOST_DETAILS]) or "no reason was given"
    more = f" and {len(details) - _MOST_DETAILS} more" if len(details) > _MOST_DETAILS else ""
    outcome = Outcome.PARTIAL if collection.outcome is Outcome.COMPLETE else collection.outcome
    return f"{collection.kind} is {outcome}{window} ({listed}{more})"


def _worst(counting: Sequence[Collection]) -> Outcome | None:
    outcomes = {
        Outcome.PARTIAL
        if collection.outcome is Outcome.COMPLETE and collection.shortfalls
        else collection.outcome
        for collection in counting
    }
    return next((outcome for outcome in WORST_FIRST if outcome in outcomes), None)


def _shortfalls(counting: Sequence[Collection]) -> tuple[Shortfall, ...]:
    shortfalls = dict.fromkeys(
        shortfall for collection in counting for shortfall in collection.shortfalls
    )
    return tuple(
        sorted(
            shortfalls,
            key=lambda shortfall: (
                shortfall.reason,
                shortfall.detail,
                shortfall.subjects,
                shortfall.missing or 0,
            ),
        )
    )
