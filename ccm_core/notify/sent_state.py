"""What each recipient was told, in one file: by the reference of their address, never by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ccm_core.atomic_write import write_durably
from ccm_core.errors import UsageError
from ccm_core.model import json_codec
from ccm_core.notify.types import RecipientState


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """What the file holds."""

    version: int = 1
    told: Mapping[str, RecipientState]


def read(path: Path) -> dict[str, RecipientState]:
    """Give what was told to whom; nothing where there is no file yet.

    Raises:
        UsageError: The file cannot be read, or is none of ours.
    """
    try:
        return dict(json_codec.decode_as(path.read_bytes(), _Document).told)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as cause:
        raise UsageError(
            f"{path}, which says what was told to whom, cannot be read: {cause}. Where it is "
            "removed, everything that is so is told once more."
        ) from cause


def write(path: Path, told: Mapping[str, RecipientState]) -> None:
    """Keep what was told to whom, so that a crash leaves the old file or the new one.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        write_durably(path, json_codec.encode(_Document(told=told)))
    except OSError as cause:
        raise UsageError(f"{path} cannot be written: {cause.strerror}") from cause
