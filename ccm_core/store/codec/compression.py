"""Zstandard: one frame for each content, none larger than what is read back.

A frame that was compressed with a numbered dictionary begins with the number in place of the magic
number that all frames have: so a content says by itself what it is read with. See ADR 0062.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import zstandard

from ccm_core.errors import StoreError
from ccm_core.model.frozen_dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

_LEVEL = 3
_WINDOW_LOG = 17
"""128 KiB: what repeats in leaves is near. The usual 2 MiB only take more memory."""
MAX_CONTENT = 1 << 30
"""Bytes of one content: whoever writes refuses more, so that whoever reads may do so as well."""
_MAX_RATIO = 1 << 15
"""Bytes that a byte of a frame can stand for: four are the least that give a block of 128 KiB."""
_CHUNK = 4096
"""Bytes of a frame read at a time where it does not say how much it holds."""
_RAW = zstandard.DICT_TYPE_RAWCONTENT
_MAGIC = zstandard.FRAME_HEADER
_NUMBERED = b"\x01"
"""Begins a frame with the number of a dictionary, in the three bytes that follow."""
_MAX_NUMBER = (1 << 24) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedDictionary:
    """What many contents repeat, stored once under a number."""

    number: int
    content: bytes


def numbered_begin(number: int) -> bytes:
    """Return the bytes with which each content begins that names a dictionary."""
    return _NUMBERED + number.to_bytes(len(_MAGIC) - 1, "big")


def dictionary_number(content: bytes) -> int | None:
    """Return the number of the dictionary that a content is read with; None: it needs none."""
    if content[:1] != _NUMBERED:
        return None
    return int.from_bytes(content[1 : len(_MAGIC)], "big")


class Compressor:
    """Compresses many small contents, each into a frame of its own; not for several threads.

    A compressor that is reused costs a third of a new one for bodies of about 2 KB.
    """

    def __init__(self, max_size: int = MAX_CONTENT, dictionary: bytes | None = None) -> None:
        """Prepare to write frames.

        Args:
            max_size: The bytes that a frame may hold.
            dictionary: What the contents repeat, where that is known; who reads needs it too.
        """
        self._zstd = zstandard.ZstdCompressor(level=_LEVEL, dict_data=_dictionary(dictionary))
        self._max_size = max_size
        self._number: int | None = None

    @classmethod
    def numbered(cls, dictionary: NumberedDictionary, max_size: int = MAX_CONTENT) -> Compressor:
        """Prepare to write frames that name a dictionary."""
        compressor = cls(max_size)
        if dictionary.number > _MAX_NUMBER:
            return compressor
        prepared = zstandard.ZstdCompressionDict(dictionary.content, dict_type=_RAW)
        # Digested once for all contents.
        prepared.precompute_compress(level=_LEVEL)
        compressor._zstd = zstandard.ZstdCompressor(level=_LEVEL, dict_data=prepared)
        compressor._number = dictionary.number
        return compressor

    def compress(self, data: bytes) -> bytes:
        """Return one complete frame.

        Raises:
            StoreError: The content is too large to be read back.
        """
        _refuse_too_large(len(data), self._max_size)
        frame = self._zstd.compress(data)
        if self._number is None:
            return frame
        return numbered_begin(self._number) + frame[len(_MAGIC) :]


class CompressionStream:
    """Compresses one content that comes in chunks."""

    def __init__(self, max_size: int = MAX_CONTENT) -> None:
        """Begin a frame.

        Args:
            max_size: The bytes that it may hold.
        """
        self._size, self._max_size = 0, max_size
        parameters = zstandard.ZstdCompressionParameters.from_level(_LEVEL, window_log=_WINDOW_LOG)
        self._zstd = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        self._chunks: list[bytes] = []

    def add(self, data: bytes) -> None:
        """Compress the next chunk.

        Raises:
            StoreError: The content is too large to be read back.
        """
        self._size += len(data)
        _refuse_too_large(self._size, self._max_size)
        if chunk := self._zstd.compress(data):
            self._chunks.append(chunk)

    def end(self) -> bytes:
        """Return the complete frame."""
        return b"".join([*self._chunks, self._zstd.flush()])


class Decompressor:
    """Decompresses many frames; not for several threads.

    One that is reused costs a quarter of a new one for bodies of about 1 KB.
    """

    def __init__(
        self,
        max_size: int = MAX_CONTENT,
        dictionary: bytes | None = None,
        dictionaries: Callable[[int], bytes] | None = None,
    ) -> None:
        """Prepare to read frames.

        Args:
            max_size: The bytes that a frame may hold.
            dictionary: What they were compressed with.
            dictionaries: Returns a dictionary by its number; None: no frame may name one.
        """
        self._zstd = zstandard.ZstdDecompressor(dict_data=_dictionary(dictionary))
        self._max_size = max_size
        self._dictionaries = dictionaries
        self._numbered: dict[int, Decompressor] = {}

    def read(self, content: bytes) -> bytes:
        """Decompress one complete frame.

        Raises:
            ValueError: The bytes are not exactly one Zstandard frame, or hold too much, or name a
                dictionary that is not there.
        """
        number = dictionary_number(content)
        if number is not None:
            return self._with(number).read(_MAGIC + content[len(_MAGIC) :])
        try:
            size = zstandard.frame_content_size(content)
            # A stream does not know it when it begins; of an empty one, the rest is not read.
            if size <= 0:
                return self._read_in_chunks(content)
            # The size is trusted before anything is read: memory for it is allocated at once.
            if size > min(self._max_size, len(content) * _MAX_RATIO):
                raise ValueError(f"a frame of {len(content)} bytes claims to hold {size}")
            return self._zstd.decompress(content, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from error

    def _with(self, number: int) -> Decompressor:
        """Return what reads frames that name a dictionary."""
        decompressor = self._numbered.get(number)
        if decompressor is None:
            if self._dictionaries is None:
                raise ValueError("it names a dictionary, and must not need one")
            dictionary = self._dictionaries(number)
            decompressor = self._numbered[number] = Decompressor(self._max_size, dictionary)
        return decompressor

    def _read_in_chunks(self, content: bytes) -> bytes:
        frame, chunks, size = self._zstd.decompressobj(), list[bytes](), 0
        for start in range(0, len(content), _CHUNK):
            if frame.eof:
                break
            chunks.append(frame.decompress(content[start : start + _CHUNK]))
            size += len(chunks[-1])
            if size > self._max_size:
                raise ValueError(
                    f"a frame of {len(content)} bytes holds more than {self._max_size}"
                )
        if not frame.eof:
            raise ValueError("the frame ends before it is complete")
        if frame.unused_data or start + _CHUNK < len(content):
            raise ValueError("there is more behind the frame")
        return b"".join(chunks)


def _dictionary(content: bytes | None) -> zstandard.ZstdCompressionDict | None:
    if not content:
        return None
    return zstandard.ZstdCompressionDict(content, dict_type=_RAW)


def _refuse_too_large(size: int, max_size: int) -> None:
    if size > max_size:
        raise StoreError(
            f"a document of {size} bytes or more was to be stored, and at most {max_size} can be "
            "read back, so nothing of this step was stored. Collect or evaluate less at a time: "
            "fewer connections, packs or objects in one window."
        )


def decompressed(content: bytes) -> bytes:
    """Decompress one frame; see ``Decompressor.read``.

    Raises:
        ValueError: The bytes are not exactly one Zstandard frame, or hold more than 1 GiB.
    """
    return Decompressor().read(content)
