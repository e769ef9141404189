"""Reads a file that is attached: in pieces, and never more of it than is stored."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import IO

from ccm_core.app.audit.file_types import HEAD, file_type, name_mismatch
from ccm_core.errors import UsageError
from ccm_core.model.audit.manual_evidence import AttachedFile
from ccm_core.model.evidence.write_batch import EncodedBody
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.store.codec.compression import CompressionStream

MAX_STORED = 25 * 1024 * 1024
"""Bytes of a file that the store takes; of a larger one it takes the digest."""
_CHUNK = 1024 * 1024
_MEGABYTE = 1024 * 1024
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file that was read, and its bytes where they are to be stored."""

    file: AttachedFile
    content: EncodedBody | None


def read_evidence_file(path: Path, *, digest_only: bool) -> ReadFile:
    """Read a file once: its digest, what it is, and its bytes, compressed.

    Args:
        path: Where it is.
        digest_only: Whether its digest alone is wanted; then it may have any size.

    Raises:
        UsageError: It cannot be read, is empty or too large, or is not what its name says.
    """
    try:
        # Opening one that nobody writes to would wait for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{path} is no file; expected a file such as a PDF or a screenshot")
        with path.open("rb") as file:
            return _read(path, file, digest_only=digest_only)
    except OSError as cause:
        raise UsageError(f"{path} cannot be read: {cause.strerror}") from cause


def _read(path: Path, file: IO[bytes], *, digest_only: bool) -> ReadFile:
    size = os.fstat(file.fileno()).st_size
    if not digest_only and size > MAX_STORED:
        raise UsageError(_too_large(path, size))
    head = file.read(HEAD)
    _refuse(path, head)
    sha256, stream, size = hashlib.sha256(), CompressionStream(), 0
    chunk = head
    while chunk:
        size += len(chunk)
        sha256.update(chunk)
        if not digest_only:
            if size > MAX_STORED:  # it grows while it is read
                raise UsageError(_too_large(path, size))
            stream.add(chunk)
        chunk = file.read(_CHUNK)
    digest = f"sha256:{sha256.hexdigest()}"
    return ReadFile(
        file=AttachedFile(
            name=path.name,
            size=size,
            digest=digest,
            type=file_type(head),
            stored=not digest_only,
        ),
        content=None
        if digest_only
        else EncodedBody(digest=digest, size=size, content=stream.end()),
    )


def _refuse(path: Path, head: bytes) -> None:
    if not head:
        raise UsageError(f"{path} is empty; an empty file is no evidence")
    try:
        path.name.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{path.name!a}: expected a name in UTF-8; rename the file") from None
    if any(not letter.isprintable() for letter in path.name) or len(path.name) > _LONGEST_NAME:
        raise UsageError(f"{path.name!a}: expected a name that can be printed; rename the file")
    problem = name_mismatch(path.name, head)
    if problem is not None:
        raise UsageError(f"{path} is not what its name says: {problem}")


def _too_large(path: Path, size: int) -> str:
    most = f"{MAX_STORED // _MEGABYTE} MiB ({MAX_STORED:,})"
    return (
        f"{path} has {size / _MEGABYTE:,.1f} MiB ({size:,} bytes); the store takes files up to "
        f"{most}. Attach a part of it, or keep it where auditors find it and attach its digest and "
        "name with --digest-only"
    )
