"""Locates the settings file and reads its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ccm_core.documents.yaml_parser import MAX_BYTES
from ccm_core.errors import UsageError

VARIABLE = "CCM_CONFIG"
"""The environment variable that names the settings file."""
NAME = "ccm.yaml"
"""The default name of the file."""


def find(chosen: Path | None, *, environment: Mapping[str, str], folder: Path) -> Path:
    """Return the settings file: as chosen, or by the environment, or in the folder.

    Args:
        chosen: The file of ``-c``, if any.
        environment: The environment variables.
        folder: The working directory.

    Raises:
        UsageError: There is no such file.
    """
    if chosen is not None:
        return _existing(folder / chosen, "named by -c")
    if variable := environment.get(VARIABLE):
        return _existing(folder / variable, f"named by {VARIABLE}")
    if (folder / NAME).exists():
        return folder / NAME
    raise UsageError(
        f"no {NAME} in {folder}: write one with `ccm init`, or name another with -c or {VARIABLE}"
    )


def stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes whenever a file is written; None: there is none that can be read."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


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


def _existing(path: Path, origin: str) -> Path:
    if not path.exists():
        raise UsageError(f"no settings file {path} ({origin}); write one with `ccm init`")
    return path
