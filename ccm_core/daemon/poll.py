"""One look at one connection: what is due is read, whatever goes wrong is a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ccm_core.collect.cadence import DueTime
from ccm_core.collect.observer import NullObserver
from ccm_core.daemon.ports import WatchJob
from ccm_core.daemon.scheduler import due, missed
from ccm_core.errors import CcmError, IntegrityError
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.evidence.window import Window
from ccm_core.pipeline.collect import collect
from ccm_core.pipeline.next_due import upcoming
from ccm_core.sdk.rate_limit import Limiters


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """What came of a look."""

    due_times: Sequence[DueTime] = ()
    """When each kind is next due."""
    manifest: Manifest | None = None
    """Of the run; None where nothing was due or nothing could be had."""
    error: CcmError | None = None
    """Why nothing could be had: the store is locked, a secret is gone, another process reads."""


class ProgressObserver(NullObserver):
    """What is being read of one connection right now, for the status line."""

    def __init__(self, show: Callable[[str], None]) -> None:
        """Tell ``show`` whenever that changes."""
        self._show = show

    def window_started(self, kind: str, window: Window | None) -> None:
        """Say that a window of a kind is being read."""
        del window
        self._show(kind)

    def records_received(self, kind: str, items: int, total: int | None, requests: int) -> None:
        """Say how many items have come."""
        del requests
        self._show(f"{kind} {items}{'' if total is None else f' of {total}'}")

    def rate_limited(self, seconds: float) -> None:
        """Say that the source's limit makes us wait."""
        self._show(f"waiting {seconds:.0f} s for the limit")


async def look(
    duty: WatchJob,
    name: str,
    limiters: Limiters,
    gaze: ProgressObserver,
    slots: Callable[[Mapping[str, int]], None],
) -> PollResult:
    """Read what is due of one connection.

    Args:
        duty: What is watched.
        name: The connection.
        limiters: Shared by everything that is watched.
        gaze: Told what is being read.
        slots: Told of the slots that were missed, where some were.

    Raises:
        IntegrityError: The store is damaged: nothing may go on as if it were not.
        CancelledError: The watch stops; the run is sealed.
    """
    manifest = None
    try:
        connection = duty.connection(name)
        due_times = upcoming(duty.host, connection, duty.store.runs)
        now = duty.host.clock()
        if due(due_times, now):
            if passed := missed(due_times, now):
                slots(passed)
            manifest = await collect(duty.host, connection, duty.store, gaze, limiters)
            due_times = upcoming(duty.host, connection, duty.store.runs)
    except IntegrityError:
        raise
    except CcmError as error:
        return PollResult(error=error, manifest=manifest)
    return PollResult(due_times=due_times, manifest=manifest)
