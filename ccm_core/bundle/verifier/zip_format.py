"""The one form of the archive: every byte of an evidence package but its contents is determined."""

from __future__ import annotations

import struct
from typing import NamedTuple

LOCAL_HEADER = struct.Struct("<4s5H3L2H")
DIRECTORY_ENTRY = struct.Struct("<4s6H3L5H2L")
END_RECORD = struct.Struct("<4s4H2LH")
VERSION, UTF_8, DEFLATED, MIDNIGHT, FIRST_DAY = 20, 0x800, 8, 0, 0x21
"""What every member has: ZIP 2.0, a name in UTF-8, one compression, and no time."""
UNIX, REGULAR_FILE = 3 << 8, 0o100644 << 16
MOST_BYTES = 4 << 30
"""Of an archive, and of all that is in it: without the extension for larger ones."""
FOLDERS = ("ledger/", "contents/", "evidence/", "packs/", "keys/")
LAST = ("key.pem", "assurance.json", "erasures.json", "verify.py", "index.html", "statement.json")


class Member(NamedTuple):
    """One file of the archive."""

    name: str
    crc: int
    packed: int
    size: int
    offset: int

    @property
    def data_offset(self) -> int:
        """Where its compressed bytes begin."""
        return self.offset + LOCAL_HEADER.size + len(self.name.encode())

    @property
    def end(self) -> int:
        """Where they end."""
        return self.data_offset + self.packed


def local_header(member: Member) -> bytes:
    """Return the bytes before the compressed bytes of a member."""
    name = member.name.encode()
    form = (VERSION, UTF_8, DEFLATED, MIDNIGHT, FIRST_DAY)
    sizes = (member.crc, member.packed, member.size, len(name), 0)
    return LOCAL_HEADER.pack(b"PK\x03\x04", *form, *sizes) + name


def directory_entry(member: Member) -> bytes:
    """Return the bytes of a member in the directory."""
    name = member.name.encode()
    form = (UNIX | VERSION, VERSION, UTF_8, DEFLATED, MIDNIGHT, FIRST_DAY)
    sizes = (member.crc, member.packed, member.size, len(name))
    rest = (0, 0, 0, 0, REGULAR_FILE, member.offset)
    return DIRECTORY_ENTRY.pack(b"PK\x01\x02", *form, *sizes, *rest) + name


def end_record(members: int, length: int, start: int) -> bytes:
    """Return the last bytes of an archive."""
    return END_RECORD.pack(b"PK\x05\x06", 0, 0, members, members, length, start, 0)


def member_order(name: str) -> tuple[int, str]:
    """Return what members are sorted by: the ledger first, the statement last."""
    if name in LAST:
        return len(FOLDERS) + LAST.index(name), name
    matching = [rank for rank, folder in enumerate(FOLDERS) if name.startswith(folder)]
    return (matching[0] if matching else len(FOLDERS)), name
