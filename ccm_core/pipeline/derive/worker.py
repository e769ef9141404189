"""One process that evaluates for this one, and the pipes to and from it.

It is a new interpreter that shares nothing with this one: neither locks of other threads nor open
files, and no module of before an upgrade.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from ccm_core.errors import CcmError, WorkerLost
from ccm_core.pipeline.derive.row_tasks import EvaluatedRows, RowTask
from ccm_core.pipeline.derive.worker_messages import (
    Failure,
    Ready,
    read_frame,
    value_of,
    write_frame,
)

_PATIENCE = 5
"""Seconds that a process has to end once its pipe is closed."""
_PROGRAM = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from ccm_core.pipeline.derive.worker_process import main
main()
"""


@dataclass(slots=True)
class Worker:
    """One process, with the pipes to and from it."""

    process: subprocess.Popen[bytes]
    connection: str | None = None
    """The one that its tasks are about."""
    rows: int = 0
    """How many partitions or rows it was asked to evaluate, or has evaluated."""
    pending: int = 0
    """How many tasks it has not replied to."""
    _sent: int = 0
    _received: int = 0

    @classmethod
    def start(cls) -> Worker:
        """Start a process.

        Raises:
            WorkerLost: The system does not let it be started.
        """
        command = [sys.executable, "-P", "-c", _PROGRAM, json.dumps(sys.path)]
        # A group of its own: Ctrl-C in a terminal reaches this process, which stops the others.
        group: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {}
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **group
            )
        except OSError as cause:
            raise WorkerLost(
                f"a process to evaluate with cannot be started: {cause.strerror}. Nothing was "
                "concluded; run again with fewer --jobs, or where more processes may run"
            ) from cause
        return cls(process)

    def send(self, message: Any) -> int:
        """Send a message, and return its number.

        Raises:
            WorkerLost: The process has ended.
        """
        try:
            write_frame(_pipe(self.process.stdin), message)
        except OSError as cause:
            raise self._lost() from cause
        self._sent += 1
        return self._sent

    def send_task(self, task: RowTask) -> int:
        """Send a task, and return its number.

        Raises:
            WorkerLost: The process has ended.
        """
        self.rows += task.size
        self.pending += 1
        return self.send(task)

    def receive(self, number: int, revision: str) -> EvaluatedRows:
        """Return what a task gave; what it replied to earlier messages is dropped.

        Args:
            number: That of the task.
            revision: Of this host.

        Raises:
            CcmError: What the task raised.
            WorkerLost: The process has ended, or is of another version.
        """
        while True:
            try:
                reply = value_of(read_frame(_pipe(self.process.stdout)))
            except (EOFError, OSError) as cause:
                raise self._lost() from cause
            self._received += 1
            if isinstance(reply, Ready) and reply.revision != revision:
                raise WorkerLost(
                    "ccm or a plugin was installed anew while this process ran, and the processes "
                    "that it started are of the new version. Nothing was concluded; start ccm again"
                )
            if isinstance(reply, Failure) and (reply.is_last or self._received == number):
                raise reply.error()
            if self._received == number:
                assert isinstance(reply, EvaluatedRows)  # noqa: S101 - the reply to a task
                self.pending -= 1
                return reply

    def reap(self) -> None:
        """Close the pipes of a process that was killed, and wait for its end."""
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                _pipe(pipe).close()
        self.process.wait()

    def _lost(self) -> CcmError:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_PATIENCE)
        self.process.kill()  # it has closed its pipe and does not end
        code = self.process.wait()
        how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        return WorkerLost(
            f"process {self.process.pid}, which evaluated for this one, ended with {how} before "
            "its work was done; where nobody ended it, the memory of the machine did not suffice. "
            "Nothing was concluded, and the next evaluation begins anew; run it with fewer --jobs, "
            "or with more memory"
        )


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - both are pipes
    return pipe
