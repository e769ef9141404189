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
    Member,
    directory_entry,
    end_record,
    local_header,
    member_order,
)
from ccm_core.bundle.verifier.bounds import LIMITS, Limits, check_ratio

_PLACE = "the package"


class ArchiveWriter:
    """Writes an archive, its files in the order that ``member_order`` gives them."""

    def __init__(self, path: Path, limits: Limits = LIMITS) -> None:
        self._limits = limits
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
            BoundExceeded: The archive would be larger than a verifier reads.
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
        self._file.seek(offset)
        self._file.write(local_header(member))
        self._file.seek(member.end)
        self._members.append(member)

    def _write(self, name: str, offset: int, chunks: Iterable[bytes]) -> Member:
        """Write compressed bytes, and return what the headers say of them."""
        before = sum(member.size for member in self._members)
        pack, digest = zlib.compressobj(wbits=-zlib.MAX_WBITS), hashlib.sha256()
        crc = size = packed = 0
        for chunk in chunks:
            digest.update(chunk)
            crc, size = zlib.crc32(chunk, crc), size + len(chunk)
            packed += self._file.write(pack.compress(chunk))
            self._limits.unpacked.check(_PLACE, before + size)
            self._limits.packed.check(_PLACE, self._file.tell())
        packed += self._file.write(pack.flush())
        self._limits.packed.check(_PLACE, self._file.tell())
        self._digests[name] = digest.hexdigest()
        return Member(name, crc, packed, size, offset)

    def __enter__(self) -> Self:
        """Return the writer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Write the directory at the end of the archive.

        Raises:
            BoundExceeded: The archive is larger than a verifier reads.
        """
        with self._file:
            if kind is not None:
                return
            start = self._file.tell()
            directory = b"".join(map(directory_entry, self._members))
            self._file.write(directory)
            self._file.write(end_record(len(self._members), len(directory), start))
            self._limits.packed.check(_PLACE, self._file.tell())
            size = sum(member.size for member in self._members)
            check_ratio(sum(member.packed for member in self._members), size, self._limits)
