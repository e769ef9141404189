"""Write a zip archive that is the same, byte for byte, for the same files."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The earliest moment in a zip archive: files of a bundle have none."""
_MODE = 0o644 << 16
_UNIX = 3


class ArchiveWriter:
    """Writes an archive, its files in the order in which they are added."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w")
        self._digests: dict[str, str] = {}

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of each file so far, in hexadecimal digits, by its name."""
        return dict(self._digests)

    def add(self, name: str, *chunks: bytes) -> None:
        """Add a file."""
        self.stream(name, chunks)

    def stream(self, name: str, chunks: Iterable[bytes]) -> None:
        """Add a file chunk by chunk; one without any chunk is left out."""
        digest, remaining = hashlib.sha256(), iter(chunks)
        first = next(remaining, None)
        if first is None:
            return
        info = zipfile.ZipInfo(name, _EARLIEST)
        info.compress_type, info.create_system, info.external_attr = (
            zipfile.ZIP_DEFLATED,
            _UNIX,
            _MODE,
        )
        with self._zip.open(info, "w", force_zip64=True) as file:
            for chunk in chain([first], remaining):
                digest.update(chunk)
                file.write(chunk)
        self._digests[name] = digest.hexdigest()

    def __enter__(self) -> Self:
        """Return the writer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Write the directory at the end of the archive."""
        self._zip.close()
