"""Reads the binary format of SSH (RFC 4251): every byte is accounted for."""

from __future__ import annotations

_LENGTH_BYTES = 4


class WireReader:
    """Reads fields from the front of some bytes."""

    def __init__(self, data: bytes) -> None:
        """Start at the first byte."""
        self._data, self._at = data, 0

    def take(self, length: int) -> bytes:
        """Return the next bytes.

        Raises:
            ValueError: There are fewer.
        """
        end = self._at + length
        if end > len(self._data):
            raise ValueError("it is cut off")
        taken, self._at = self._data[self._at : end], end
        return taken

    def number(self) -> int:
        """Return the next number of 32 bits."""
        return int.from_bytes(self.take(_LENGTH_BYTES))

    def string(self) -> bytes:
        """Return the next string: its length, then its bytes."""
        return self.take(self.number())

    def integer(self) -> int:
        """Return the next integer of any length.

        Raises:
            ValueError: It is negative.
        """
        data = self.string()
        if data and data[0] & 0x80:
            raise ValueError("it has a negative number")
        return int.from_bytes(data)

    def end(self) -> None:
        """Expect nothing more.

        Raises:
            ValueError: There is more.
        """
        if self._at != len(self._data):
            raise ValueError("it has bytes after its end")


def wire_string(data: bytes) -> bytes:
    """Return bytes as a string of the format."""
    return len(data).to_bytes(_LENGTH_BYTES) + data
