"""How long to wait before a failed kind is tried again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from ccm_core.collect.repeated_contradictions import repeated_contradictions
from ccm_core.model.evidence.collection import Collection, Reason

FIRST_RETRY = timedelta(minutes=1)
"""The delay after a kind's first failure. Each later delay is as long as the kind has been
failing, up to its cadence."""
_PERMANENT = frozenset(
    {
        Reason.DENIED,
        Reason.NOT_AVAILABLE,
        Reason.TRUNCATED,
        Reason.REJECTED_RECORDS,
        Reason.HIDDEN_REFERENCES,
    }
)
"""Reasons that a retry a minute later does not change."""


def retry_delay(
    collections: Sequence[Collection], cadence: timedelta, starts: Mapping[str, datetime]
) -> timedelta | None:
    """Return how long to wait after the newest attempt failed; None where it did not fail.

    Args:
        collections: Those of one kind, in the order in which they were stored; at least one.
        cadence: How often the kind is collected.
        starts: When each run started.
    """
    failed_runs: list[str] = []
    repeated = repeated_contradictions(collections)
    for run in _newest_first(collections):
        incomplete = [collection for collection in run if collection.doubted != frozenset()]
        permanent = bool(incomplete) and all(
            collection.id in repeated or _is_permanent(collection) for collection in incomplete
        )
        if permanent and not failed_runs:
            return cadence
        if permanent or not incomplete:
            break
        failed_runs.append(run[0].run)
    if not failed_runs:
        return None
    return min(cadence, max(FIRST_RETRY, starts[failed_runs[0]] - starts[failed_runs[-1]]))


def _newest_first(collections: Sequence[Collection]) -> Iterable[list[Collection]]:
    """Yield the collections of each run, newest run first."""
    run: list[Collection] = []
    for collection in reversed(collections):
        if run and run[0].run != collection.run:
            yield run
            run = []
        run.append(collection)
    yield run


def _is_permanent(collection: Collection) -> bool:
    reasons = {shortfall.reason for shortfall in collection.shortfalls}
    if Reason.CONTRADICTED in reasons:
        return False  # unless a second read repeated it
    return bool(reasons) and (reasons <= _PERMANENT or collection.doubted is not None)
