"""Write a zip archive that is the same, byte for byte, for the same files: the form of packages."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

from ccm_core.atomic_write import owner_only
from ccm_core.bundle.verifier.archive import (
    MOST_BYTES,
    Member,
    directory_entry,
    end_record,
    local_header,
    member_order,
)
from ccm_core.errors import UsageError


class ArchiveWriter:
    """Writes an archive, its files in the order that ``member_order`` gives them."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "wb", opener=owner_only)  # noqa: SIM115 - closed with the archive
        self._members: list[Member] = []
        self._digests: dict[str, str] = {}

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of each file so far, in hexadecimal digits, by its name."""
        return dict(self._digests)

    def add(self, name: str, *chunks: bytes) -> None:
        """Add a file."""
        self.stream(name, chunks)

    def stream(self, name: str, chunks: Iterable[bytes]) -> None:
        """Add a file chunk by chunk; one without any chunk is left out.

        Raises:
            UsageError: The archive would be larger than a verifier reads.
            ValueError: It should stand before a file that was added already.
        """
        remaining = iter(chunks)
        first = next(remaining, None)
        if first is None:
            return
        if self._members and member_order(name) <= member_order(self._members[-1].name):
            raise ValueError(f"{name} belongs before {self._members[-1].name}")
        offset = self._file.tell()
        self._file.write(local_header(Member(name, 0, 0, 0, offset)))
        member = self._write(name, offset, chain([first], remaining))
        if max(member.end, sum(entry.size for entry in (*self._members, member))) > MOST_BYTES:
            raise UsageError(
                f"the package would be larger than {MOST_BYTES >> 30} GiB, which no verifier "
                "reads. Bundle a shorter period, or fewer controls"
            )
        self._file.seek(offset)
        self._file.write(local_header(member))
        self._file.seek(member.end)
        self._members.append(member)

    def _write(self, name: str, offset: int, chunks: Iterable[bytes]) -> Member:
        """Write compressed bytes, and return what the headers say of them."""
        pack, digest = zlib.compressobj(wbits=-zlib.MAX_WBITS), hashlib.sha256()
        crc = size = packed = 0
        for chunk in chunks:
            digest.update(chunk)
            crc, size = zlib.crc32(chunk, crc), size + len(chunk)
            packed += self._file.write(pack.compress(chunk))
            if max(size, packed) > MOST_BYTES:
                break
        packed += self._file.write(pack.flush())
        self._digests[name] = digest.hexdigest()
        return Member(name, crc, min(packed, MOST_BYTES), min(size, MOST_BYTES), offset)

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
        with self._file:
            start = self._file.tell()
            directory = b"".join(map(directory_entry, self._members))
            self._file.write(directory)
            self._file.write(end_record(len(self._members), len(directory), start))
