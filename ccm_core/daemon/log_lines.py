"""What the watch says: log lines and the status line. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ccm_core.daemon.scheduler import PollSchedule
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.sdk.timestamps import format_instant


def round_over(manifest: Manifest, next_at: datetime) -> list[str]:
    """Say what a round read, and one line more for each thing it did not see.

    Args:
        manifest: Of the run.
        next_at: When the connection is looked at again.
    """
    read = {one.kind for one in manifest.collections if one.outcome is not Outcome.FAILED}
    new = sum(one.counts.appended for one in manifest.collections)
    requests = sum(one.counts.requests for one in manifest.collections)
    line = (
        f"{manifest.connection}: {manifest.outcome}, {_count(len(read), 'kind')} read, "
        f"{new} new or changed, {_count(requests, 'request')}; next at {clock_time(next_at)}"
    )
    # What was not tried because the run was cut short is told by what cut it.
    cut = [f"{manifest.connection}: run cut short: {one.detail}" for one in manifest.shortfalls]
    unseen = [
        _unseen(one)
        for one in manifest.collections
        if one.outcome is not Outcome.COMPLETE and (one.counts.requests or not cut)
    ]
    return [line, *cut, *dict.fromkeys(unseen)]


def slots_missed(connection: str, missed: Mapping[str, int]) -> str:
    """Say which slots passed without a try."""
    kinds = ", ".join(f"{kind} {number}" for kind, number in missed.items())
    return f"{connection}: nobody looked for a while; slots missed: {kinds}; reading what is due"


def status(
    schedule: PollSchedule,
    reading: Mapping[str, str],
    last: Mapping[str, str],
    verdict: str | None,
) -> str:
    """Say in one line what runs, when the next round is due, and how the last ones ended.

    Args:
        schedule: The connections under watch.
        reading: What is being read, by connection.
        last: How the newest round ended, by connection.
        verdict: What the newest evaluation said.
    """
    parts = [f"reading {name} {what}".rstrip() for name, what in sorted(reading.items())]
    waiting = {name: post for name, post in schedule.posts.items() if not post.running}
    if waiting:
        name = min(waiting, key=lambda one: waiting[one].due_at)
        parts.append(f"next: {name} at {clock_time(waiting[name].due_at)}")
    parts += [f"last: {name} {outcome}" for name, outcome in sorted(last.items())]
    return "; ".join([*parts, *([f"verdict: {verdict}"] if verdict else [])])


def stamped(now: datetime, line: str) -> str:
    """Put the moment before a line, for where nobody else does."""
    return f"{format_instant(now.replace(microsecond=0))} {line}"


def clock_time(moment: datetime) -> str:
    """Give a moment as a person reads it on a status line."""
    return f"{moment:%H:%M:%S} UTC"


def _unseen(collection: Collection) -> str:
    why = collection.shortfalls[0].detail if collection.shortfalls else "no reason is known"
    return f"{collection.connection}: {collection.kind} is {collection.outcome}: {why}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
