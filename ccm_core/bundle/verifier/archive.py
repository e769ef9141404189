"""Read the zip archive of an evidence package: in its one form, within bounds, to the last byte.

Every byte of it but the contents is determined: the writer uses the same functions.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from ccm_core.bundle.verifier.bounds import LIMITS, Limits, check_ratio

CHUNK = 1 << 16
LOCAL_HEADER = struct.Struct("<4s5H3L2H")
DIRECTORY_ENTRY = struct.Struct("<4s6H3L5H2L")
END_RECORD = struct.Struct("<4s4H2LH")
VERSION, UTF_8, DEFLATED, MIDNIGHT, FIRST_DAY = 20, 0x800, 8, 0, 0x21
"""What every member has: ZIP 2.0, a name in UTF-8, one compression, and no time."""
UNIX, REGULAR_FILE = 3 << 8, 0o100644 << 16
FOLDERS = ("ledger/", "contents/", "evidence/", "packs/", "keys/", "tables/", "pages/")
LAST = (
    "key.pem",
    "assurance.json",
    "erasures.json",
    "verify.py",
    "README.txt",
    "index.html",
    "statement.json",
)


class UnreadableBundle(Exception):
    """The package cannot be read any further."""


class Archive(Mapping[str, bytes]):
    """The files of an archive, by name; one is unpacked only while somebody uses it."""

    def __init__(
        self, packed: PackedFile, members: Sequence[Member], limits: Limits = LIMITS
    ) -> None:
        self.limits = limits
        """How much is read of it."""
        self._packed = packed
        self._members = {member.name: member for member in members}
        self.digests: dict[str, str] = {}
        """The SHA-256 of each file, in hexadecimal digits."""
        for name in self._members:
            self.digests[name] = self._digest(name)

    def __getitem__(self, name: str) -> bytes:
        """Return the bytes of a file."""
        return b"".join(self.chunks(name))

    def __iter__(self) -> Iterator[str]:
        """Yield the names in the order of the archive."""
        return iter(self._members)

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self._members)

    def __contains__(self, name: object) -> bool:
        """Return whether a file is here, without reading it."""
        return name in self._members

    def size(self, name: str) -> int:
        """Return how many bytes a file has."""
        return self._members[name].size

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a file; the last one needs its newline like every other."""
        rest: list[bytes] = []
        size = 0
        for chunk in self.chunks(name):
            first, *whole = chunk.split(b"\n")
            rest.append(first)
            size += len(first)
            self.limits.line.check(name, size)
            if whole:
                last = whole.pop()
                yield b"".join(rest)
                for line in whole:
                    self.limits.line.check(name, len(line))
                    yield line
                rest, size = [last], len(last)
                self.limits.line.check(name, size)
        if any(rest):
            raise UnreadableBundle(f"{name}: bytes follow the last newline, so they are no line")

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file; they are exactly those that the archive declares."""
        digest = hashlib.sha256()
        for chunk in self._unpacked(self._members[name]):
            digest.update(chunk)
            yield chunk
        if self.digests.setdefault(name, digest.hexdigest()) != digest.hexdigest():
            raise UnreadableBundle(f"{name} was changed while the package was read")

    def _unpacked(self, member: Member) -> Iterator[bytes]:
        name = member.name
        unpack, size, crc = zlib.decompressobj(-zlib.MAX_WBITS), 0, 0
        for start in range(member.data_offset, member.end, CHUNK):
            packed = self._packed[start : min(start + CHUNK, member.end)]
            while packed:
                data = unpack.decompress(packed, CHUNK)
                size, crc, packed = size + len(data), zlib.crc32(data, crc), unpack.unconsumed_tail
                if size > member.size:
                    raise UnreadableBundle(f"{name}: expected {member.size} bytes, got more")
                if unpack.unused_data or (not data and packed):
                    raise UnreadableBundle(f"{name}: bytes follow its compressed bytes")
                if data:
                    yield data
        while not unpack.eof:
            data = unpack.decompress(b"", CHUNK)
            size, crc = size + len(data), zlib.crc32(data, crc)
            if not data or size > member.size:
                break
            yield data
        if not unpack.eof or (size, crc) != (member.size, member.crc):
            raise UnreadableBundle(f"the archive is damaged: {name} is not what it declares")

    def _digest(self, name: str) -> str:
        for _ in self.chunks(name):
            pass
        return self.digests[name]


class PackedFile:
    """The bytes of an archive: read when they are needed, never all of them."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb")
        self._size = self._file.seek(0, 2)

    def __len__(self) -> int:
        """Return the number of bytes."""
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        """Return some of the bytes."""
        start, end, _ = part.indices(self._size)
        self._file.seek(start)
        return self._file.read(max(end - start, 0))

    def __del__(self) -> None:
        """Close the file with the last who reads it."""
        if hasattr(self, "_file"):
            self._file.close()


Files = Archive


def read_archive(path: str, limits: Limits = LIMITS) -> Archive:
    """Check every byte of the archive that is no content, and unpack each file once."""
    try:
        packed = PackedFile(path)
        return Archive(packed, read_members(packed, limits), limits)
    except (zlib.error, OSError, UnicodeDecodeError) as error:
        raise UnreadableBundle(f"the archive is damaged: {error}") from error


def read_members(packed: PackedFile, limits: Limits = LIMITS) -> list[Member]:
    """Read the directory, and hold it and every header against the form that they must have."""
    limits.packed.check("the package", len(packed))
    if len(packed) < END_RECORD.size:
        raise UnreadableBundle(f"the archive is damaged: it has {len(packed)} bytes")
    last = packed[-END_RECORD.size :]
    mark, *_, length, start, _ = END_RECORD.unpack(last)
    if mark != b"PK\x05\x06":
        raise UnreadableBundle("the archive is damaged: it does not end as a zip archive does")
    if start + length + END_RECORD.size != len(packed):
        raise UnreadableBundle("the archive is damaged: its directory is not where it should be")
    directory = packed[start : start + length]
    members = list(parse_directory(directory, limits))
    check_members(members, limits)
    check_form(packed, members, start)
    entries = b"".join(map(directory_entry, members))
    if directory != entries or last != end_record(len(members), length, start):
        raise UnreadableBundle("the archive's directory is not in the form that ccm writes")
    return members


def parse_directory(directory: bytes, limits: Limits = LIMITS) -> Iterator[Member]:
    """Yield the members that the directory names."""
    at = count = 0
    while at < len(directory):
        count += 1
        limits.files.check("the package", count)
        if len(directory) - at < DIRECTORY_ENTRY.size or directory[at : at + 4] != b"PK\x01\x02":
            raise UnreadableBundle("the archive is damaged: its directory breaks off")
        fields = DIRECTORY_ENTRY.unpack_from(directory, at)
        crc, packed, size, name, extra, comment = fields[7:13]
        at += DIRECTORY_ENTRY.size
        yield Member(directory[at : at + name].decode(), crc, packed, size, fields[-1])
        at += name + extra + comment


def check_members(members: Sequence[Member], limits: Limits = LIMITS) -> None:
    """Refuse names that clash or climb, and too much data, before anything is unpacked."""
    for name, count in Counter(member.name for member in members).items():
        if count > 1:
            raise UnreadableBundle(f"{name!r} is in the archive {count} times")
    check_names([member.name for member in members], limits)
    size = sum(member.size for member in members)
    limits.unpacked.check("the package", size)
    check_ratio(sum(member.packed for member in members), size, limits)


def check_names(names: Collection[str], limits: Limits = LIMITS) -> None:
    """Refuse more files than are read, and names that are long or lead out of a folder."""
    limits.files.check("the package", len(names))
    for name in names:
        limits.name.check(name[:100], len(name.encode()))
        parts = set(name.split("/"))
        if not name.isprintable() or "\\" in name or ":" in name or {"", ".", ".."} & parts:
            raise UnreadableBundle(f"{name!r} is not a safe file name: it may lead out of a folder")


def check_form(packed: PackedFile, members: Sequence[Member], start: int) -> None:
    """Check that the members fill the archive up to its directory, one header before each."""
    if list(members) != sorted(members, key=lambda member: member_order(member.name)):
        raise UnreadableBundle("the files of the archive are not in the order that ccm writes")
    expected = 0
    for member in members:
        header = local_header(member)
        actual = packed[expected : expected + len(header)]
        if member.offset != expected or actual != header:
            raise UnreadableBundle(
                f"the archive holds data that belongs to no file, or another header: {member.name}"
            )
        expected = member.end
    if expected != start:
        raise UnreadableBundle("the archive holds data that belongs to no file")


# -- the form of the archive ------------------------------------------------------------------


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
