"""What goes between the process that evaluates and its workers: one frame for each value.

Both ends are the same program of the same user, started by one another; nobody else can write to
their pipes.
"""

from __future__ import annotations

import pickle
from contextlib import AbstractContextManager
from typing import IO, Any, Protocol

from ccm_core.errors import (
    CcmError,
    IntegrityError,
    PluginFault,
    StoreError,
    UsageError,
    WorkerLost,
)
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.context import Host
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.store.interface.evidence_store import EvidenceStore

_LENGTH = 8
_KINDS: tuple[type[CcmError], ...] = (
    PluginFault,
    IntegrityError,
    StoreError,
    WorkerLost,
    UsageError,
)
"""Errors that stay what they are on their way to another process; others become the root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerContext:
    """What a worker evaluates with."""

    host: Host
    packs: CompiledPacks
    store: EvidenceStore
    """Open for reading."""


class WorkerSetup(Protocol):
    """Opens everything in a process of its own. Pickled: it holds texts and names, nothing open."""

    def open(self) -> AbstractContextManager[WorkerContext]:
        """Load the plugins, compile the packs and open the store for reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """The first message of a worker's life."""

    setup: WorkerSetup
    collect_after: tuple[int, int, int]
    """When Python looks for cyclic garbage: what the starting process has set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A worker has opened everything."""

    revision: str
    """Of its host: ccm or a plugin may have been upgraded since the other process started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a message could not be answered."""

    kind: type[CcmError]
    text: str
    trace: str | None = None
    is_last: bool = False
    """Whether the process answers no more messages."""

    @classmethod
    def of(cls, error: CcmError, *, is_last: bool = False) -> Failure:
        """Return an error as values that go to another process."""
        kind = next((kind for kind in _KINDS if isinstance(error, kind)), CcmError)
        return cls(kind=kind, text=str(error), trace=error.trace, is_last=is_last)

    def error(self) -> CcmError:
        """Return the error as it was raised there."""
        error = self.kind(self.text)
        error.trace = self.trace
        return error


def write_frame(stream: IO[bytes], message: Any) -> None:
    """Write a value: the length of its pickle, and the pickle."""
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(len(content).to_bytes(_LENGTH, "big"))
    stream.write(content)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes:
    """Read the pickle of a value.

    Raises:
        EOFError: The other end is gone.
    """
    return _read(stream, int.from_bytes(_read(stream, _LENGTH), "big"))


def value_of(frame: bytes) -> Any:
    """Return the value of a frame."""
    return pickle.loads(frame)  # noqa: S301 - the other end is this same program


def _read(stream: IO[bytes], length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return content
