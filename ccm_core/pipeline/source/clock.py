"""The clock of the source decides when evidence was read, and this machine's is compared with it.

A clock that runs ahead would date evidence into the future: windows that nobody has read would
count as covered. One that runs behind hides what happened since. Up to an hour is corrected, and
more than a minute is reported; beyond an hour something is wrong that no arithmetic repairs.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.errors import ClockMismatch
from ccm_core.sdk.timestamps import format_duration, format_instant
from ccm_core.sdk.types import Diagnosis

if TYPE_CHECKING:
    from ccm_core.store.interface.runs import RunStore

MAX_UNREPORTED = timedelta(minutes=1)
"""A ``Date`` header has whole seconds, and a response takes its time."""
MAX_OFFSET = timedelta(hours=1)
"""From here on nothing is stored and nothing is evaluated."""
_LONG = 600
"""Seconds from which on only minutes are written."""
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


def diagnose_clock(skew: float | None) -> Diagnosis:
    """Return by how much this machine is off, and what to do."""
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


def evaluation_moment(now: datetime, runs: RunStore, connections: Iterable[str]) -> datetime:
    """Return the moment to evaluate at: now, but not before the evidence that was stored last.

    Args:
        now: By this machine's clock.
        runs: Where the collections of the connections are.
        connections: Their names.

    Raises:
        ClockMismatch: The machine's clock is more than an hour behind that evidence.
    """
    last = [(_last_stored(runs, name, now), name) for name in connections]
    newest, name = max(
        ((moment, name) for moment, name in last if moment is not None), default=(now, "")
    )
    if newest - now > MAX_OFFSET:
        behind = format_duration(round((newest - now).total_seconds()))
        raise ClockMismatch(
            f"{name}: the evidence that was stored last is dated {format_instant(newest)}, and "
            f"this machine's clock says {format_instant(now)}, {behind} before that; nothing was "
            f"evaluated. {SYNCHRONIZE}; if it is right, "
            f"collect again: ccm collect {name}"
        )
    return max(now, newest)


def latest_moment(now: datetime, evaluated: Iterable[datetime]) -> datetime:
    """Return the latest of now and the moments of evaluations, up to an hour ahead.

    Evaluations from later than that were made with a clock that was wrong: they lie in the future.
    """
    return max((moment for moment in evaluated if moment - now <= MAX_OFFSET), default=now)


def _last_stored(runs: RunStore, connection: str, now: datetime) -> datetime | None:
    collections = runs.collections(connection, since=now)
    return max((collections[-1].ended_at, collections[-1].started_at)) if collections else None
