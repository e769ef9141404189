"""A zip archive that is the same, byte for byte, whenever the same files are put into it."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

_THEN = (1980, 1, 1, 0, 0, 0)
"""The earliest moment that a zip archive can name: files of a bundle have none."""
_MODE = 0o644 << 16
_UNIX = 3


class Archive:
    """An archive under way. Files stand in it in the order in which they were added."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w")
        self._digests: dict[str, str] = {}

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of each file so far, in hexadecimal digits, by its name."""
        return dict(self._digests)

    def add(self, name: str, *parts: bytes) -> None:
        """Add a file."""
        self.stream(name, parts)

    def stream(self, name: str, parts: Iterable[bytes]) -> None:
        """Add a file piece by piece; one without any piece is left out."""
        hashed, begun = hashlib.sha256(), iter(parts)
        first = next(begun, None)
        if first is None:
            return
        info = zipfile.ZipInfo(name, _THEN)
        info.compress_type, info.create_system, info.external_attr = (
            zipfile.ZIP_DEFLATED,
            _UNIX,
            _MODE,
        )
        with self._zip.open(info, "w", force_zip64=True) as file:
            for part in chain([first], begun):
                hashed.update(part)
                file.write(part)
        self._digests[name] = hashed.hexdigest()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Write the directory at the end of the archive."""
        self._zip.close()
