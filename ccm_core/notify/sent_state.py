"""What each recipient was sent, in one file: by the reference of their address, never by it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ccm_core.atomic_write import write_durably
from ccm_core.errors import UsageError
from ccm_core.model import json_codec
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.notify.types import RecipientState

_FORMER_NAME = "ccm.told.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _SentStateFile:
    """The contents of the file."""

    version: int = 1
    recipients: Mapping[str, RecipientState]


def read(path: Path) -> dict[str, RecipientState]:
    """Read the state of each recipient; empty where there is no file yet.

    Raises:
        UsageError: The file cannot be read, or has another format.
    """
    try:
        return dict(json_codec.decode_as(path.read_bytes(), _SentStateFile).recipients)
    except FileNotFoundError:
        _check_former_file(path)
        return {}
    except (OSError, ValueError) as cause:
        raise UsageError(
            f"{path}, which records what was sent to whom, cannot be read: {cause}. If you remove "
            "it, every current condition is sent once more"
        ) from cause


def write(path: Path, recipients: Mapping[str, RecipientState]) -> None:
    """Write the state of each recipient, so that a crash leaves the old file or the new one.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        write_durably(path, json_codec.encode(_SentStateFile(recipients=recipients)))
    except OSError as cause:
        raise UsageError(f"{path} cannot be written: {cause.strerror}") from cause


def _check_former_file(path: Path) -> None:
    former = path.with_name(_FORMER_NAME)
    if former.exists():
        raise UsageError(
            f"{former} is now called {path.name}, and its keys have changed; remove it: every "
            "current condition is then sent once more"
        )
