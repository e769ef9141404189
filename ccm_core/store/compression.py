"""Zstandard, from the standard library where it is there (Python 3.14), else its backport."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 14):
    from compression.zstd import CompressionParameter, ZstdCompressor, ZstdError, decompress
else:
    from backports.zstd import CompressionParameter, ZstdCompressor, ZstdError, decompress

_LEVEL = 3
_WINDOW_LOG = 17
"""128 KiB: what repeats in leaves is near. The usual 2 MiB only take more memory."""


class Compressor:
    """Compresses many small contents, each into a frame of its own; not for several threads.

    A compressor that is used again costs a third of a new one for bodies of about 2 KB.
    """

    def __init__(self) -> None:
        self._zstd = ZstdCompressor(level=_LEVEL)

    def compress(self, data: bytes) -> bytes:
        """Give one complete frame."""
        return self._zstd.compress(data, mode=ZstdCompressor.FLUSH_FRAME)


class Stream:
    """Compresses one content that comes in pieces."""

    def __init__(self) -> None:
        self._zstd = ZstdCompressor(
            options={
                CompressionParameter.compression_level: _LEVEL,
                CompressionParameter.window_log: _WINDOW_LOG,
            }
        )
        self._done: list[bytes] = []

    def add(self, data: bytes) -> None:
        """Take the next piece."""
        if done := self._zstd.compress(data):
            self._done.append(done)

    def end(self) -> bytes:
        """Give the complete frame."""
        return b"".join([*self._done, self._zstd.flush()])


def decompressed(content: bytes) -> bytes:
    """Read a complete frame back.

    Raises:
        ValueError: The bytes are no complete Zstandard frame.
    """
    try:
        return decompress(content)
    except (ZstdError, EOFError) as error:
        raise ValueError(str(error)) from error
