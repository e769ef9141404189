"""Frames on their way back: exactly one, complete, and no larger than it can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.store.codec.compression import (
    CompressionStream,
    Compressor,
    Decompressor,
    decompressed,
)


def _whole(data: bytes) -> bytes:
    return Compressor().compress(data)


def _streamed(data: bytes) -> bytes:
    stream = CompressionStream()
    stream.add(data)
    return stream.end()


def _claiming(size: int) -> bytes:
    return b"\x28\xb5\x2f\xfd\xe0" + size.to_bytes(8, "little") + b"\x01\x00\x00"


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_one_decompressor_reads_whole_and_streamed_frames(pieces: list[bytes]) -> None:
    """A frame holds what was put into it, whether its size was known at the beginning or not."""
    decompressor, stream = Decompressor(), CompressionStream()
    for piece in pieces:
        stream.add(piece)
        assert decompressor.read(_whole(piece)) == piece
    assert decompressor.read(stream.end()) == b"".join(pieces)


@pytest.mark.parametrize("compress", [_whole, _streamed])
@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_a_frame_of_any_size_comes_back(compress, size: int) -> None:
    """Nothing, little, and more than is read at a time."""
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert decompressed(compress(data)) == data


@pytest.mark.parametrize("compress", [_whole, _streamed])
@pytest.mark.parametrize("data", [b"", b"a body", b"a body " * 50_000])
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda frame: frame[:-1], id="cut at the end"),
        pytest.param(lambda frame: frame[:3], id="cut in its magic number"),
        pytest.param(lambda frame: b"no frame" + frame, id="something before it"),
        pytest.param(lambda frame: frame + b"x", id="a byte behind it"),
        pytest.param(lambda frame: frame + frame, id="two frames"),
        pytest.param(lambda frame: frame + bytes(100_000), id="much behind it"),
    ],
)
def test_bytes_that_are_not_exactly_one_frame_are_refused(compress, data: bytes, damage) -> None:
    """Damage is an error, never a shorter content."""
    with pytest.raises(ValueError, match=r"\S"):
        decompressed(damage(compress(data)))


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        pytest.param(_claiming(1 << 60), "claims to hold", id="an exabyte"),
        pytest.param(_claiming(1 << 20), "claims to hold", id="more than its bytes can say"),
        pytest.param(_claiming((1 << 64) - 2), r"\S", id="the error code of the library"),
        pytest.param(_whole(bytes(10_000_000)), "claims to hold", id="more than is wanted"),
        pytest.param(_streamed(bytes(10_000_000)), "holds more than", id="the same in a stream"),
    ],
)
def test_a_frame_that_would_fill_the_memory_is_refused(frame: bytes, message: str) -> None:
    """Room is not made for what a frame only claims, and a flood is cut off."""
    with pytest.raises(ValueError, match=message):
        Decompressor(max_size=5_000_000).read(frame)
