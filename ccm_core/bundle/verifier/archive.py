"""Read the zip archive of an evidence package, and refuse one that could harm its reader."""

from __future__ import annotations

import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence

MOST_FILES = 20_000
MOST_BYTES = 4 << 30
MOST_RATIO = 200

Files = Mapping[str, bytes]


class UnreadableBundle(Exception):
    """The package cannot be read any further."""


def read_archive(path: str) -> Files:
    """Read every file of the archive into memory; nothing is written anywhere."""
    files = {}
    try:
        with zipfile.ZipFile(path) as archive:
            check_members(archive, archive.infolist())
            for member in archive.infolist():
                with archive.open(member) as stream:
                    files[member.filename] = stream.read(member.file_size + 1)
                size = len(files[member.filename])
                if size != member.file_size:
                    raise UnreadableBundle(
                        f"{member.filename}: expected {member.file_size} bytes, got {size}"
                    )
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise UnreadableBundle(f"the archive is damaged: {error}") from error
    return files


def check_members(archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse names that clash or climb, and too much data, before anything is unpacked."""
    for name, count in Counter(member.filename for member in members).items():
        if count > 1:
            raise UnreadableBundle(f"{name!r} is in the archive {count} times")
        parts = set(name.split("/"))
        if not name.isprintable() or "\\" in name or ":" in name or {"", ".", ".."} & parts:
            raise UnreadableBundle(f"{name!r} is not a safe file name: it may lead out of a folder")
    size = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    bomb = size > MOST_RATIO * packed + (1 << 26)
    if bomb or len(members) > MOST_FILES or size > MOST_BYTES:
        raise UnreadableBundle(
            f"the archive would unpack to {len(members)} files of {size} bytes, which is too much"
        )
    if archive.comment or min((member.header_offset for member in members), default=0) != 0:
        raise UnreadableBundle("the archive holds data that belongs to no file")
