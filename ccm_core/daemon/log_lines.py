"""The log lines and the status line of the daemon. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ccm_core.daemon.scheduler import PollSchedule
from ccm_core.model.evidence.amendments import as_amended
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.sdk.timestamps import format_instant


def run_lines(manifest: Manifest, next_at: datetime) -> list[str]:
    """Return a line about what a run collected, and one for each thing it did not.

    Args:
        manifest: Of the run.
        next_at: When the connection is polled next.
    """
    collections = as_amended(manifest.collections)
    read = {
        collection.kind for collection in collections if collection.outcome is not Outcome.FAILED
    }
    appended = sum(collection.counts.appended for collection in collections)
    requests = sum(collection.counts.requests for collection in collections)
    line = (
        f"{manifest.connection}: {manifest.outcome}, {_count(len(read), 'kind')} read, "
        f"{appended} new or changed, {_count(requests, 'request')}; next at {clock_time(next_at)}"
    )
    # What was not tried because the run was cut short is explained by what cut it.
    cut = [
        f"{manifest.connection}: run cut short: {shortfall.detail}"
        for shortfall in manifest.shortfalls
    ]
    incomplete = [
        _incomplete(collection)
        for collection in collections
        if collection.outcome is not Outcome.COMPLETE and (collection.counts.requests or not cut)
    ]
    return [line, *cut, *dict.fromkeys(incomplete)]


def missed_runs_line(connection: str, missed: Mapping[str, int]) -> str:
    """Return a line about the scheduled runs that passed without an attempt."""
    kinds = ", ".join(f"{kind} {number}" for kind, number in missed.items())
    return f"{connection}: missed runs: {kinds}; collecting what is due"


def status_line(
    schedule: PollSchedule,
    progress: Mapping[str, str],
    last: Mapping[str, str],
    summary: str | None,
) -> str:
    """Return in one line what runs, when the next poll is due, and how the last ones ended.

    Args:
        schedule: The watched connections.
        progress: What is being read, by connection.
        last: How the newest poll ended, by connection.
        summary: The results of the newest evaluation.
    """
    parts = [f"collecting {name} {detail}".rstrip() for name, detail in sorted(progress.items())]
    waiting = {
        name: connection.due_at
        for name, connection in schedule.connections.items()
        if not connection.running
    }
    if waiting:
        name = min(waiting, key=lambda name: waiting[name])
        parts.append(f"next: {name} at {clock_time(waiting[name])}")
    parts += [f"last: {name} {outcome}" for name, outcome in sorted(last.items())]
    return "; ".join([*parts, *([f"results: {summary}"] if summary else [])])


def stamped(now: datetime, line: str) -> str:
    """Put the moment before a line."""
    return f"{format_instant(now.replace(microsecond=0))} {line}"


def clock_time(moment: datetime) -> str:
    """Format a moment for a status line."""
    return f"{moment:%H:%M:%S} UTC"


def _incomplete(collection: Collection) -> str:
    reason = collection.shortfalls[0].detail if collection.shortfalls else "no reason is known"
    return f"{collection.connection}: {collection.kind} is {collection.outcome}: {reason}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
