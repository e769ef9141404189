"""Runs that people start in the console: one of a connection at a time, each in its own thread."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from ccm_core.errors import CcmError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.web.server_state.event_loop import run_in_thread
from ccm_core.web.server_state.run_progress import RunObserver, RunProgress, Stage

if TYPE_CHECKING:
    from ccm_core.app.cycle import CollectedRuns
    from ccm_core.app.workspace import Workspace
    from ccm_core.model.evidence.manifest import Manifest

_LOG = logging.getLogger("ccm_core.web")
_GLANCE = 0.5
"""Seconds between two looks whether a run is to stop."""
_FAULT = "the console made a mistake of its own; the log of `ccm serve` has the details"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Started:
    thread: threading.Thread
    observer: RunObserver
    stop: threading.Event


class ConnectionRuns:
    """The newest run of each connection that this server started. Threads share it, under a lock.

    What another process runs is not seen here: the lock of a connection in the store keeps two
    runs apart, and the second one fails with a message that says so.
    """

    def __init__(self) -> None:
        """Start without any."""
        self._lock = threading.Lock()
        self._runs: dict[str, _Started] = {}

    def start(self, workspace: Workspace, progress: RunProgress, *, force: bool) -> bool:
        """Start a run in a thread of its own; return whether none was under way.

        Args:
            workspace: The settings and plugins.
            progress: The run as it starts; it names the connection.
            force: Read what is not due as well.
        """
        observer, stop = RunObserver(progress), threading.Event()
        thread = threading.Thread(
            target=_run,
            args=(workspace, observer, stop),
            kwargs={"force": force},
            name=f"run of {progress.connection}",
            daemon=True,  # the store survives it: what was cut off is sealed by the next run
        )
        with self._lock:
            before = self._runs.get(progress.connection)
            if before is not None and before.thread.is_alive():
                return False
            self._runs[progress.connection] = _Started(thread=thread, observer=observer, stop=stop)
            thread.start()
        return True

    def progress(self, connection: str) -> RunProgress | None:
        """Return how far the newest run of a connection is; None: none was started here."""
        with self._lock:
            run = self._runs.get(connection)
        return None if run is None else run.observer.progress

    def stop(self, patience: float) -> None:
        """Stop every run, and wait until it is sealed.

        Args:
            patience: How many seconds to wait for all of them.
        """
        with self._lock:
            runs: Sequence[_Started] = list(self._runs.values())
        for run in runs:
            run.stop.set()
        for run in runs:
            run.thread.join(patience / max(1, len(runs)))


def _run(
    workspace: Workspace, observer: RunObserver, stop: threading.Event, *, force: bool
) -> None:
    """Collect one connection and evaluate; whatever goes wrong is what the run says at its end."""
    stage, problem, manifest = Stage.ENDED, "", None
    try:
        manifest = _collect_and_evaluate(workspace, observer, stop, force=force)
    except CcmError as error:
        stage, problem = Stage.FAILED, str(error)
    except asyncio.CancelledError:
        stage, problem = Stage.FAILED, "the console was stopped; what was stored by then is kept"
    except Exception:  # noqa: BLE001 - its thread has nobody else to tell
        _LOG.exception("a run of %s failed", observer.progress.connection)
        stage, problem = Stage.FAILED, _FAULT
    observer.change(
        stage=stage,
        problem=problem,
        outcome=None if manifest is None else manifest.outcome,
        ended_at=workspace.host.clock(),
    )


def _collect_and_evaluate(
    workspace: Workspace, observer: RunObserver, stop: threading.Event, *, force: bool
) -> Manifest:
    from ccm_core.app.cycle import collect_connections, evaluate_connections
    from ccm_core.app.rule_sets import compile_rule_set

    rules = compile_rule_set(workspace)  # its mistakes are reported before the source is asked
    with workspace.write_store(create=True) as store:
        connections = workspace.connections([observer.progress.connection], secrets=True)
        collecting = collect_connections(
            workspace, store, connections, lambda _name: observer, force=force
        )
        collected = run_in_thread(_until_stopped(collecting, stop))
        collected.raise_errors()
        observer.change(stage=Stage.EVALUATING, reading="")
        evaluate_connections(workspace, store, rules)
        return collected.manifests[0]


async def _until_stopped(
    collecting: Coroutine[Any, Any, CollectedRuns], stop: threading.Event
) -> CollectedRuns:
    """Return what was collected.

    Raises:
        CancelledError: It was to stop; the run is sealed.
    """
    task = asyncio.ensure_future(collecting)
    while not task.done() and not stop.is_set():
        await asyncio.wait({task}, timeout=_GLANCE)
    if stop.is_set():
        task.cancel()
    return await task
