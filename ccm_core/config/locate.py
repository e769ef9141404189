"""Finds the settings file and reads its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ccm_core.documents.yaml_parser import MAX_BYTES
from ccm_core.errors import UsageError

VARIABLE = "CCM_CONFIG"
"""The environment variable that names the settings file."""
NAME = "ccm.yaml"
"""What the file is called where nothing names it."""


def find(chosen: Path | None, *, environment: Mapping[str, str], folder: Path) -> Path:
    """Give the settings file: as chosen, or as the environment says, or in the folder.

    Args:
        chosen: What ``-c`` names, or nothing.
        environment: The environment variables.
        folder: The working directory.

    Raises:
        UsageError: There is no such file.
    """
    if chosen is not None:
        return _there(folder / chosen, "named by -c")
    if named := environment.get(VARIABLE):
        return _there(folder / named, f"named by {VARIABLE}")
    if (folder / NAME).exists():
        return folder / NAME
    raise UsageError(
        f"no {NAME} in {folder}: write one with `ccm init`, or name another with -c or {VARIABLE}"
    )


def read_file(path: Path) -> bytes:
    """Read a document's bytes, and no more than a document may have.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as cause:
        raise UsageError(
            f"{path} cannot be read: {cause.strerror or type(cause).__name__}"
        ) from cause


def _there(path: Path, how: str) -> Path:
    if not path.exists():
        raise UsageError(f"no settings file {path} ({how}); write one with `ccm init`")
    return path
