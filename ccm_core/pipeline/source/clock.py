"""The clock of the source decides when evidence was read, and this machine's is compared with it.

A clock that runs ahead would date evidence into the future: windows that nobody has read would
count as covered. One that runs behind hides what happened since. Up to an hour is corrected, and
more than a minute is reported; beyond an hour something is wrong that no arithmetic repairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.errors import ClockMismatch
from ccm_core.model.evidence.storage_order import dated_in_order
from ccm_core.sdk.timestamps import format_duration, format_instant
from ccm_core.sdk.types import Diagnosis

if TYPE_CHECKING:
    from ccm_core.sdk.traffic import Traffic
    from ccm_core.store.interface.runs import RunStore

MAX_UNREPORTED = timedelta(minutes=1)
"""A ``Date`` header has whole seconds, and a response takes its time."""
MAX_OFFSET = timedelta(hours=1)
"""From here on nothing is stored and nothing is evaluated."""
MAX_DISAGREEMENT = timedelta(minutes=5)
"""Between the responses of one session, some of which take long."""
_LONG = 600
"""Seconds from which on only minutes are written."""
_NEXT = timedelta(microseconds=1)
"""Between two evaluations while the clock is behind the first of them."""
SYNCHRONIZE = "Synchronize this machine's clock"


def correction(skew: float | None) -> timedelta:
    """Return what to subtract from this machine's clock to have the source's.

    Args:
        skew: Seconds by which this machine is ahead; None: the source does not tell the time.
    """
    offset = timedelta(seconds=skew or 0)
    return offset if abs(offset) > MAX_UNREPORTED else timedelta(0)


def offset_text(skew: float | None) -> str | None:
    """Return by how much this machine is off; None where that is a minute or less, or unknown."""
    if skew is None or not correction(skew):
        return None
    side = "ahead of" if skew > 0 else "behind"
    unit = 1 if abs(skew) < _LONG else 60
    rounded = unit * round(abs(skew) / unit)
    return f"this machine's clock is {format_duration(rounded)} {side} the source's"


def refuse_wrong_clock(connection: str, skew: float | None) -> None:
    """Refuse to collect with a clock that is more than an hour off.

    Raises:
        ClockMismatch: It is; nothing was stored.
    """
    if abs(correction(skew)) > MAX_OFFSET:
        raise ClockMismatch(
            f"{connection}: {offset_text(skew)}, at most {format_duration(MAX_OFFSET.seconds)} is "
            f"allowed; nothing was stored. {SYNCHRONIZE}, then collect again"
        )


def disagreement(traffic: Traffic) -> float | None:
    """Return by how many seconds a response differs from the first one; None: by few."""
    first, odd = traffic.clock_skew, traffic.odd_clock_skew
    if first is None or odd is None or abs(odd - first) <= MAX_DISAGREEMENT.total_seconds():
        return None
    return round(abs(odd - first), 1)


def disagreement_text(seconds: float) -> str:
    """Return by how much a response differs from the first one, and which of them counts."""
    apart = format_duration(60 * round(seconds / 60))
    return f"a response of the source differs by {apart} from the first, which alone dates evidence"


def diagnose_clock(traffic: Traffic) -> Diagnosis:
    """Return by how much this machine is off, by the response that would date evidence."""
    diagnosis = _diagnose_skew(traffic.clock_skew)
    seconds = disagreement(traffic)
    if seconds is None:
        return diagnosis
    return replace(diagnosis, message=f"{diagnosis.message}; {disagreement_text(seconds)}")


def _diagnose_skew(skew: float | None) -> Diagnosis:
    if skew is None:
        message = "the source's responses carry no time, so the clock was not compared"
        return Diagnosis(subject="clock", ok=True, message=message)
    problem = offset_text(skew)
    if problem is None:
        message = f"in sync with the source ({abs(skew):.0f}s apart)"
        return Diagnosis(subject="clock", ok=True, message=message)
    refused = abs(correction(skew)) > MAX_OFFSET
    consequence = "collecting is refused" if refused else "evidence is dated by the source's"
    return Diagnosis(
        subject="clock",
        ok=False,
        cause="clock_skew",
        message=f"{problem}; {consequence}",
        next_step=SYNCHRONIZE.lower(),
    )


def evaluation_moment(now: datetime, runs: RunStore, horizons: Mapping[str, datetime]) -> datetime:
    """Return the moment to evaluate at: now, but not before the newest evidence that is stored.

    What a later run found unchanged is not stored again, so the newest may be of any run: a clock
    that went back would hide it. What is dated more than an hour after something that was stored
    later counts for nothing, so it moves nothing either.

    Args:
        now: By this machine's clock.
        runs: Where the collections of the connections are.
        horizons: The connections by name, each with the beginning of its horizon.

    Raises:
        ClockMismatch: The machine's clock is more than an hour behind that evidence.
    """
    newest = [(_newest_stored(runs, name, now, since), name) for name, since in horizons.items()]
    moment, name = max(newest, default=(now, ""))
    if moment - now > MAX_OFFSET:
        behind = format_duration(round((moment - now).total_seconds()))
        raise ClockMismatch(
            f"{name}: the newest evidence that is stored is dated {format_instant(moment)}, and "
            f"this machine's clock says {format_instant(now)}, {behind} before that; nothing was "
            f"evaluated. {SYNCHRONIZE}; if it is right, "
            f"collect again: ccm collect {name}"
        )
    return max(now, moment)


def after_last_evaluation(moment: datetime, now: datetime, last: datetime | None) -> datetime:
    """Return the moment to evaluate at: not before the last evaluation, where a clock went back.

    Findings are tracked from one evaluation to a later one: what failed at an earlier moment, or at
    the same one, would be no finding. One from more than an hour ahead was made with a clock that
    was wrong, and moves nothing.

    Args:
        moment: What it would be.
        now: By this machine's clock.
        last: The moment of the last evaluation whose findings were tracked; None: there is none.
    """
    if last is None or not now < last <= now + MAX_OFFSET:
        return moment
    return max(moment, last + _NEXT)


def latest_moment(now: datetime, evaluated: Iterable[datetime]) -> datetime:
    """Return the latest of now and the moments of evaluations, up to an hour ahead.

    Evaluations from later than that were made with a clock that was wrong: they lie in the future.
    """
    return max((moment for moment in evaluated if moment - now <= MAX_OFFSET), default=now)


def _newest_stored(runs: RunStore, connection: str, now: datetime, since: datetime) -> datetime:
    """Return the latest moment of a connection's evidence; now, where none is later."""
    credible = dated_in_order(runs.collections(connection, since=now), since)
    moments = [max(collection.ended_at, collection.started_at) for collection in credible]
    newest = max(moments, default=now)
    if newest <= now:
        return now
    names = {collection.run for collection in credible}
    later = runs.manifests(connection, since=now)
    return max((newest, *(manifest.ended_at for manifest in later if manifest.run in names)))
