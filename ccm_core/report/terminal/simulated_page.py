"""The way of a simulated page in lines for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.phrases import duration, moment
from ccm_core.sdk.simulation.page import PageOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ccm_core.sdk.simulation.page import PageLevel, PageWalk


def page_text(subject: str, at: datetime, walk: PageWalk, notes: Sequence[str] = ()) -> str:
    """Return the way of a page: the outcome first, then each level, then what limits it.

    Args:
        subject: The title of what the incident occurs on.
        at: When it occurs.
        walk: The way of the page.
        notes: What limits the answer.
    """
    urgency = walk.urgency or "unknown"
    return "\n".join(
        [
            f"An incident on {plain(subject)} at {moment(at)}, of {plain(urgency)} urgency:",
            f"  {_outcome(walk, at)}",
            *(f"  {plain(statement)}" for statement in walk.statements),
            *(line for level in walk.levels for line in _level(level, at)),
            *(f"  note: {plain(note)}" for note in notes),
        ]
    )


def _outcome(walk: PageWalk, at: datetime) -> str:
    if walk.outcome is PageOutcome.REACHED and (first := walk.first) is not None:
        all_sent = (sent for level in walk.levels for sent in level.notifications)
        methods = [
            sent.by for sent in all_sent if (sent.person, sent.at) == (first.person, first.at)
        ]
        by = plain(", ".join(methods)).replace("_", " ")
        return f"reaches {plain(first.person)} {_after(first.at, at)}, by {by}"
    return {
        PageOutcome.NOT_REACHED: "reaches nobody",
        PageOutcome.NO_PAGE: "opens no incident, or pages nobody",
        PageOutcome.UNKNOWN: "whom it reaches is unknown",
    }.get(walk.outcome, walk.outcome.value)


def _level(level: PageLevel, at: datetime) -> Iterator[str]:
    until = "then it remains" if level.until is None else f"until {_after(level.until, at)}"
    yield f"  level {level.level}, {_after(level.since, at)}, {until}"
    for sent in level.notifications:
        by = plain(sent.by).replace("_", " ")
        yield f"    {_after(sent.at, at)}: {plain(sent.person)}, by {by}"
    yield from (f"    not notified: {plain(absent)}" for absent in level.absent)
    yield from (f"    unknown: {plain(unknown)}" for unknown in level.unknown)
    if not (level.notifications or level.absent or level.unknown):
        yield "    names nobody"


def _after(instant: datetime, at: datetime) -> str:
    seconds = (instant - at).total_seconds()
    return "at once" if not seconds else f"after {duration(seconds)}"
