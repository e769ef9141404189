"""A spool: where the bodies of a window wait until the window is stored whole."""

from __future__ import annotations

import weakref
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

from ccm_core.errors import StoreError
from ccm_core.model.digest import digest
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.store.codec.compression import Compressor

if TYPE_CHECKING:
    from pathlib import Path

_MAX_IN_MEMORY = 256 * 1024
"""Bytes of one window; what is larger goes to a file without a name."""


@dataclass(frozen=True, slots=True)
class SpooledBody:
    """A body that lies in a spool."""

    digest: str
    size: int
    offset: int
    length: int
    spool: Spool

    @property
    def content(self) -> bytes:
        """The compressed bytes."""
        return self.spool.read(self.offset, self.length)


class Spool:
    """Compressed bodies, one after the other, in a file that is deleted with the spool.

    The file lies beside the store, so that evidence stays on the disk that was chosen for it.
    """

    def __init__(self, folder: Path, compressor: Compressor | None = None) -> None:
        self._folder = folder
        self._compressor = compressor or Compressor()
        self._file = SpooledTemporaryFile(max_size=_MAX_IN_MEMORY, mode="w+b", dir=str(folder))  # noqa: SIM115 - closed with the spool
        self._end, self._at_end = 0, True
        weakref.finalize(self, self._file.close)

    def encode_body(self, data: bytes) -> SpooledBody:
        """Hash, compress and spool one body.

        Raises:
            StoreError: There is no room for it.
        """
        content = self._compressor.compress(data)
        offset = self._end
        try:
            if not self._at_end:
                self._file.seek(offset)
            self._file.write(content)
        except OSError as error:
            raise StoreError(
                f"there is no room in {self._folder} for what is being collected: "
                f"{error.strerror}. Nothing of this step was stored. Make room and try again."
            ) from error
        self._end, self._at_end = offset + len(content), True
        return SpooledBody(digest(data), len(data), offset, len(content), self)

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes at an offset."""
        self._at_end = False
        self._file.seek(offset)
        content: bytes = self._file.read(length)
        return content
