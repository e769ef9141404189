"""Zstandard: one frame for each content."""

from __future__ import annotations

import zstandard

_LEVEL = 3
_WINDOW_LOG = 17
"""128 KiB: what repeats in leaves is near. The usual 2 MiB only take more memory."""
_MOST = 1 << 30
"""Bytes of one content; nothing that is kept comes near it."""
_MOST_FROM_BYTE = 1 << 15
"""Bytes that a byte of a frame can stand for: four are the least that give a block of 128 KiB."""
_PIECE = 4096
"""Bytes of a frame read at a time where it does not say how much it holds."""


class Compressor:
    """Compresses many small contents, each into a frame of its own; not for several threads.

    A compressor that is used again costs a third of a new one for bodies of about 2 KB.
    """

    def __init__(self) -> None:
        self._zstd = zstandard.ZstdCompressor(level=_LEVEL)

    def compress(self, data: bytes) -> bytes:
        """Give one complete frame."""
        return self._zstd.compress(data)


class CompressionStream:
    """Compresses one content that comes in pieces."""

    def __init__(self) -> None:
        wanted = zstandard.ZstdCompressionParameters.from_level(_LEVEL, window_log=_WINDOW_LOG)
        self._zstd = zstandard.ZstdCompressor(compression_params=wanted).compressobj()
        self._done: list[bytes] = []

    def add(self, data: bytes) -> None:
        """Take the next piece."""
        if done := self._zstd.compress(data):
            self._done.append(done)

    def end(self) -> bytes:
        """Give the complete frame."""
        return b"".join([*self._done, self._zstd.flush()])


class Decompressor:
    """Reads many frames back; not for several threads.

    One that is used again costs a quarter of a new one for bodies of about 1 KB.
    """

    def __init__(self, most: int = _MOST) -> None:
        """Make one.

        Args:
            most: The bytes that a frame may hold.
        """
        self._zstd = zstandard.ZstdDecompressor()
        self._most = most

    def read(self, content: bytes) -> bytes:
        """Give what one complete frame holds.

        Raises:
            ValueError: The bytes are not exactly one Zstandard frame, or hold too much.
        """
        try:
            size = zstandard.frame_content_size(content)
            # A stream does not know it when it begins; of nothing, the rest is not looked at.
            if size <= 0:
                return self._read_in_pieces(content)
            # The size is believed before anything is read: room for it is made at once.
            if size > min(self._most, len(content) * _MOST_FROM_BYTE):
                raise ValueError(f"a frame of {len(content)} bytes claims to hold {size}")
            return self._zstd.decompress(content, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from error

    def _read_in_pieces(self, content: bytes) -> bytes:
        frame, done, size = self._zstd.decompressobj(), list[bytes](), 0
        for place in range(0, len(content), _PIECE):
            if frame.eof:
                break
            done.append(frame.decompress(content[place : place + _PIECE]))
            size += len(done[-1])
            if size > self._most:
                raise ValueError(f"a frame of {len(content)} bytes holds more than {self._most}")
        if not frame.eof:
            raise ValueError("the frame ends before it is complete")
        if frame.unused_data or place + _PIECE < len(content):
            raise ValueError("there is more behind the frame")
        return b"".join(done)


def decompressed(content: bytes) -> bytes:
    """Read one frame back; see ``Decompressor.read``.

    Raises:
        ValueError: The bytes are not exactly one Zstandard frame, or hold more than 1 GiB.
    """
    return Decompressor().read(content)
