"""One poll of one connection: collects what is due and returns every failure as a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ccm_core.collect.cadence import DueTime
from ccm_core.collect.observer import NullObserver
from ccm_core.daemon.ports import WatchJob
from ccm_core.daemon.scheduler import due_now, missed_runs
from ccm_core.errors import CcmError, IntegrityError
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.collect import collect
from ccm_core.pipeline.next_due import next_due_times
from ccm_core.sdk.rate_limit import Limiters


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """The result of one poll."""

    due_times: Sequence[DueTime] = ()
    """When each kind is next due."""
    manifest: Manifest | None = None
    """Of the run; None where nothing was due or nothing could be collected."""
    error: CcmError | None = None
    """Why nothing could be collected: the store is locked, a secret is missing, another process
    collects the connection."""


class ProgressObserver(NullObserver):
    """Reports what is being read of one connection, for the status line."""

    def __init__(self, report: Callable[[str], None]) -> None:
        """Call ``report`` whenever that changes."""
        self._report = report

    def window_started(self, kind: str, window: Window | None) -> None:
        """Report the kind."""
        del window
        self._report(kind)

    def records_received(self, kind: str, items: int, total: int | None, requests: int) -> None:
        """Report how many items have arrived."""
        del requests
        self._report(f"{kind} {items}{'' if total is None else f' of {total}'}")

    def requests_estimated(self, kind: str, requests: int, per_minute: int | None) -> None:
        """Report how many requests the window still takes."""
        del per_minute
        self._report(f"{kind} about {requests:,} requests to come")

    def rate_limited(self, seconds: float) -> None:
        """Report the wait for the source's rate limit."""
        self._report(f"waiting {seconds:.0f} s for the rate limit")


async def poll_connection(
    job: WatchJob,
    name: str,
    limiters: Limiters,
    observer: ProgressObserver,
    report_missed: Callable[[Mapping[str, int]], None],
) -> PollResult:
    """Collect what is due of one connection.

    Args:
        job: What is watched.
        name: The connection.
        limiters: Shared by every connection.
        observer: Receives progress.
        report_missed: Called with the missed runs of each kind, where there are any.

    Raises:
        IntegrityError: The store is damaged: nothing may continue.
        CancelledError: The daemon stops; the run is sealed.
    """
    manifest = None
    try:
        connection = job.connection(name)
        due_times = next_due_times(job.host, connection, job.store.runs)
        now = job.host.clock()
        if due_now(due_times, now):
            if missed := missed_runs(due_times, now):
                report_missed(missed)
            manifest = await collect(job.host, connection, job.store, observer, limiters)
            due_times = next_due_times(job.host, connection, job.store.runs)
    except IntegrityError:
        raise
    except CcmError as error:
        return PollResult(error=error, manifest=manifest)
    return PollResult(due_times=due_times, manifest=manifest)
