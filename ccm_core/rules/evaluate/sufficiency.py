"""Whether the evidence of one kind may be relied on. No rule text can turn this off.

The promise that everything else stands on: a kind whose evidence is missing, too old, partial,
unavailable or failed never lets a rule pass. Where a partial collection names the only objects
it lacks, only those are in doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccm_core.model.evaluation.result import KindSufficiency
from ccm_core.model.evidence.collection import WORST_FIRST, Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window, subtract, union
from ccm_core.sdk.timestamps import format_duration, format_instant
from ccm_core.sdk.types import Shape

_MOST_ERASED = 1000
"""Of more than so many erased records, none is named: nothing rests on the kind."""
_MOST_DETAILS = 3
"""How many reasons are written out; the standing carries all of them."""


def standing(  # noqa: PLR0913 - each is a different fact about the kind, all by name
    collections: Sequence[Collection],
    *,
    kind: str,
    shape: Shape,
    cadence: timedelta,
    period: Window,
    now: datetime,
    connection: str,
    max_age: timedelta | None = None,
    plugin_problem: str | None = None,
    refreshed: bool = False,
) -> KindSufficiency:
    """Say how far the evidence of one kind of one connection can be relied on.

    Args:
        collections: Every collection of the connection that is known at ``now``, in any order;
            those of other kinds are left out.
        kind: The evidence kind's name.
        shape: Whether a collection states everything (snapshot) or what happened in its window.
        cadence: How often the kind is collected.
        period: What an event kind must cover; its end counts up to ``now``.
        now: The evaluation's moment.
        connection: The connection's name.
        max_age: How old the evidence may be; twice the cadence where it is not said.
        plugin_problem: Why the plugin that owns the kind did not load, where it did not.
        refreshed: Whether events of the kind may change however old they are, so that what may
            have changed must have been read again.
    """
    allowed = 2 * cadence if max_age is None else max_age
    blank = KindSufficiency(
        kind=kind, connection=connection, outcome=None, max_age=allowed.total_seconds()
    )
    mine = sorted(
        (one for one in collections if one.kind == kind and one.connection == connection),
        key=lambda one: (one.ended_at, one.started_at, one.id),
        reverse=True,
    )
    if not mine:
        found = replace(blank, problem=f"{kind} was never collected")
    elif shape is Shape.SNAPSHOT:
        found = _snapshot(mine[0], blank, now, allowed)
    else:
        whole = Window(period.since, max(period.since, period.until))
        found = _events(mine, blank, whole, now, refreshed=refreshed)
    return _without_plugin(found, plugin_problem) if plugin_problem else found


def without(found: KindSufficiency, erased: Sequence[str]) -> KindSufficiency:
    """Take away what was erased by order: nothing rests on that, and it is never overlooked."""
    if not erased:
        return found
    several = f"the bodies of {len(erased)} records were" if len(erased) > 1 else "a body was"
    detail = f"{several} erased by order"
    if len(erased) > _MOST_ERASED:
        said = f"{found.kind}: {detail}"
        return replace(found, problem="; ".join(filter(None, [found.problem, said])), subjects=())
    names = tuple(sorted(f"{found.kind}:{key}" for key in erased))
    fall = Shortfall(reason=Reason.ERASED, detail=detail, missing=len(erased), subjects=names)
    return replace(
        found,
        outcome=Outcome.PARTIAL if found.outcome is Outcome.COMPLETE else found.outcome,
        shortfalls=(*found.shortfalls, fall),
        subjects=tuple(sorted({*found.subjects, *names})) if not found.problem else (),
    )


def _without_plugin(found: KindSufficiency, why: str) -> KindSufficiency:
    said = f"the plugin for {found.kind} did not load: {why}"
    whole = f"{said}; {found.problem}" if found.problem else said
    return replace(found, problem=whole, subjects=())


# -- snapshots: the newest collection states the whole population -----------------------------


def _snapshot(
    newest: Collection, blank: KindSufficiency, now: datetime, allowed: timedelta
) -> KindSufficiency:
    problems = [
        _too_old(blank.kind, newest.ended_at, now, allowed),
        _from_the_future(newest, now, allowed),
    ]
    return _judged([newest], blank, problems)


def _too_old(kind: str, at: datetime, now: datetime, allowed: timedelta) -> str | None:
    if now - at <= allowed:
        return None
    age, limit = (format_duration(one.total_seconds()) for one in (now - at, allowed))
    return f"{kind} is {age} old, at most {limit} is allowed"


def _from_the_future(newest: Collection, now: datetime, allowed: timedelta) -> str | None:
    """A clock that was wrong once must not keep evidence fresh until it is right again."""
    if newest.ended_at - now <= allowed:
        return None
    moment = format_instant(newest.ended_at)
    return f"{newest.kind} is dated {moment}, after the evaluation; check the clock"


# -- events: every stretch of the period needs a complete collection --------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """What the newest collection that covers it alone decides."""

    collection: Collection
    windows: tuple[Window, ...]


def _events(
    newest_first: Sequence[Collection],
    blank: KindSufficiency,
    period: Window,
    now: datetime,
    *,
    refreshed: bool,
) -> KindSufficiency:
    allowed = timedelta(seconds=blank.max_age or 0)
    period = Window(period.since, max(period.since, min(period.until, now)))
    stretches = list(_stretches(newest_first, period))
    covered = union(window for stretch in stretches for window in stretch.windows)
    # The end of the period that no window reaches yet is a matter of age, not a hole.
    reached = covered[-1].until if covered else period.since
    holes = subtract([Window(period.since, reached)], covered)
    problems: list[str | None] = [_hole_problem(blank.kind, hole) for hole in holes]
    if covered:
        problems.append(_too_old(blank.kind, reached, period.until, allowed))
    else:
        problems.append(_hole_problem(blank.kind, period))
    problems.append(_from_the_future(newest_first[0], now, allowed))
    counting = [stretch.collection for stretch in stretches]
    refresh = next((one for one in newest_first if one.window is None), None)
    if refresh is not None:
        counting.append(refresh)
        problems.append(_too_old(f"what changed of {blank.kind}", refresh.ended_at, now, allowed))
    elif refreshed:
        problems.append(f"what changed of {blank.kind} after it was read was never looked for")
    return _judged(counting, blank, problems)


def _stretches(newest_first: Iterable[Collection], period: Window) -> Iterable[_Stretch]:
    seen: list[Window] = []
    for collection in newest_first:
        window = _looked_at(collection, period)
        if window is None:
            continue
        if alone := subtract([window], seen):
            yield _Stretch(collection=collection, windows=alone)
            seen.append(window)


def _looked_at(collection: Collection, period: Window) -> Window | None:
    """Give what a collection can speak of: nobody has seen what happened after it ended."""
    asked = collection.window
    if asked is None or collection.ended_at <= asked.since:
        return None
    return Window(asked.since, min(asked.until, collection.ended_at)).intersection(period)


def _hole_problem(kind: str, hole: Window) -> str:
    return f"{kind} was never collected for {_in_words(hole)}"


def _in_words(window: Window) -> str:
    return f"{format_instant(window.since)} to {format_instant(window.until)}"


# -- what the collections that count say ------------------------------------------------------


def _judged(
    counting: Sequence[Collection], blank: KindSufficiency, problems: Iterable[str | None]
) -> KindSufficiency:
    said = [problem for problem in problems if problem]
    incomplete_objects: set[str] = set()
    for collection in counting:
        subjects = collection.doubted
        if subjects is None:
            said.append(_outcome_problem(collection))
        else:
            incomplete_objects |= subjects
    return replace(
        blank,
        outcome=_worst(counting),
        shortfalls=_shortfalls(counting),
        collected_at=min((one.ended_at for one in counting), default=None),
        problem="; ".join(dict.fromkeys(said)) or None,
        subjects=tuple(sorted(incomplete_objects)) if not said else (),
    )


def _outcome_problem(collection: Collection) -> str:
    whole = sorted(
        {f"{fall.reason}: {fall.detail}" for fall in collection.shortfalls if not fall.subjects}
        or {f"{fall.reason}: {fall.detail}" for fall in collection.shortfalls}
    )
    window = f" for {_in_words(collection.window)}" if collection.window else ""
    shown = ", ".join(whole[:_MOST_DETAILS]) or "no reason was given"
    more = f" and {len(whole) - _MOST_DETAILS} more" if len(whole) > _MOST_DETAILS else ""
    outcome = Outcome.PARTIAL if collection.outcome is Outcome.COMPLETE else collection.outcome
    return f"{collection.kind} is {outcome}{window} ({shown}{more})"


def _worst(counting: Sequence[Collection]) -> Outcome | None:
    found = {
        Outcome.PARTIAL if one.outcome is Outcome.COMPLETE and one.shortfalls else one.outcome
        for one in counting
    }
    return next((outcome for outcome in WORST_FIRST if outcome in found), None)


def _shortfalls(counting: Sequence[Collection]) -> tuple[Shortfall, ...]:
    falls = dict.fromkeys(fall for one in counting for fall in one.shortfalls)
    return tuple(
        sorted(falls, key=lambda fall: (fall.reason, fall.detail, fall.subjects, fall.missing or 0))
    )
