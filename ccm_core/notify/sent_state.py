"""What each address of a channel was sent, in one file: by its reference, never by itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from ccm_core.atomic_write import write_durably
from ccm_core.errors import UsageError
from ccm_core.model import json_codec
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.notify.types import RecipientState

_VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _SentStateFile:
    """The contents of the file."""

    version: int = _VERSION
    recipients: Mapping[str, RecipientState]


def read(path: Path) -> dict[str, RecipientState]:
    """Read the state of each recipient, by name; empty where there is no file yet.

    Raises:
        UsageError: The file cannot be read, or has another format.
    """
    try:
        file = json_codec.decode_as(path.read_bytes(), _SentStateFile)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as cause:
        raise UsageError(_unreadable(path, str(cause))) from cause
    if file.version != _VERSION:
        message = f"it has version {file.version}, expected {_VERSION}"
        raise UsageError(_unreadable(path, message))
    return dict(file.recipients)


def record(path: Path, recipient: str, state: RecipientState, recipients: Collection[str]) -> None:
    """Write the state of one recipient, so that a crash leaves the old file or the new one.

    What another process recorded for others meanwhile stays.

    Args:
        path: The file.
        recipient: Whose state it is.
        state: The state.
        recipients: All that there are; the state of others is forgotten.

    Raises:
        UsageError: It cannot be read or written.
    """
    states = {name: sent for name, sent in read(path).items() if name in recipients}
    states[recipient] = state
    try:
        write_durably(path, json_codec.encode(_SentStateFile(recipients=states)))
    except OSError as cause:
        raise UsageError(f"{path} cannot be written: {cause.strerror}") from cause


def _unreadable(path: Path, why: str) -> str:
    return (
        f"{path}, which records what was sent to whom, cannot be read: {why}. If you remove it, "
        "every channel is sent a digest of what is open"
    )
