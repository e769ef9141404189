"""Reading a file that is attached: its digest and its bytes, and never too much of it."""

from __future__ import annotations

import hashlib
import os
import tracemalloc

import pytest

from ccm_core.app.audit.evidence_file import MAX_STORED, read_evidence_file
from ccm_core.errors import UsageError
from ccm_core.store.codec.compression import decompressed

HEAD = b"%PDF-1.7\n"


def test_a_file_is_read_as_it_is(tmp_path):
    """Its digest is that of sha256sum, and its bytes come back."""
    content = HEAD + os.urandom(3_000_000)
    (tmp_path / "a.pdf").write_bytes(content)

    read = read_evidence_file(tmp_path / "a.pdf", digest_only=False)

    assert read.file.digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert (read.file.name, read.file.size, read.file.stored) == ("a.pdf", len(content), True)
    assert decompressed(read.content.content) == content


@pytest.mark.parametrize("fill", [b"", b"\x00"], ids=["at-the-bound", "one-byte-more"])
def test_the_bound_is_exact(tmp_path, fill):
    """25 MiB are taken, one byte more is refused with both figures; zeros compress well."""
    path = tmp_path / "a.pdf"
    path.write_bytes(HEAD + bytes(MAX_STORED - len(HEAD)) + fill)
    if not fill:
        read = read_evidence_file(path, digest_only=False)
        assert len(decompressed(read.content.content)) == MAX_STORED
        return
    with pytest.raises(
        UsageError, match=r"\(26,214,401 bytes\); the store takes files up to 25 Mi"
    ):
        read_evidence_file(path, digest_only=False)
    read = read_evidence_file(path, digest_only=True)
    assert (read.content, read.file.size, read.file.stored) == (None, MAX_STORED + 1, False)


@pytest.mark.parametrize("digest_only", [False, True])
def test_a_huge_file_is_not_read_into_memory(tmp_path, digest_only):
    """It is refused by its size, or read piece by piece."""
    path = tmp_path / "a.bin"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    tracemalloc.start()
    try:
        if digest_only:
            assert read_evidence_file(path, digest_only=True).file.size == 200 * 1024 * 1024
        else:
            with pytest.raises(UsageError, match=r"200\.0 MiB"):
                read_evidence_file(path, digest_only=False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * 1024 * 1024


def test_what_is_no_file_is_refused(tmp_path):
    """Nothing waits for ever."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty.pdf").touch()
    (tmp_path / "a\nb.txt").write_text("x")
    (tmp_path / "fake.pdf").write_text("hello")
    expected = {
        "pipe": "is no file",
        ".": "is no file",
        "nowhere": "cannot be read: No such file",
        "empty.pdf": "is empty",
        "a\nb.txt": "expected a name that can be printed",
        "fake.pdf": "it ends in .pdf, and by its first bytes it is: text",
    }
    for name, message in expected.items():
        with pytest.raises(UsageError, match=message.replace(".", r"\.")):
            read_evidence_file(tmp_path / name, digest_only=False)
