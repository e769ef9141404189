"""What a file is by its first bytes, and names that say something else."""

from __future__ import annotations

import pytest

from ccm_core.app.audit.file_types import file_type, name_mismatch

PDF = b"%PDF-1.7\n"
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff\xe0"
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param(PDF, "PDF document", id="pdf"),
        pytest.param(b"\xef\xbb\xbf\n" + PDF, "PDF document", id="pdf-after-other-bytes"),
        pytest.param(PNG, "PNG image", id="png"),
        pytest.param(JPEG, "JPEG image", id="jpeg"),
        pytest.param(b"RIFF\x00\x00\x00\x00WEBPVP8 ", "WebP image", id="webp"),
        pytest.param(b"\x00\x00\x00\x18ftypheic", "HEIC image", id="heic"),
        pytest.param(b"\x00\x00\x00\x18ftypisom", "MP4 video", id="mp4"),
        pytest.param(ZIP, "ZIP archive, or a document in one", id="zip"),
        pytest.param(OLE, "document of Microsoft Office (OLE)", id="ole"),
        pytest.param(b"\x7fELF\x02", "program", id="elf"),
        pytest.param("Grüße\n".encode(), "text", id="utf-8"),
        pytest.param("Grüße\n".encode("latin-1"), "text", id="latin-1"),
        pytest.param("Grüße\n".encode("utf-16"), "text", id="utf-16"),
        pytest.param(b"BMW is a brand", "text", id="text-that-begins-like-a-bitmap"),
        pytest.param(b"\x00\x01\x02", "binary data of no known type", id="binary"),
    ],
)
def test_the_type_is_told_by_the_first_bytes(head, expected):
    """Whatever the name says."""
    assert file_type(head) == expected


@pytest.mark.parametrize(
    ("name", "head", "got"),
    [
        pytest.param("a.pdf", b"hello", "text", id="text-as-pdf"),
        pytest.param("a.PDF", PNG, "PNG image", id="in-any-case"),
        pytest.param("a.png", JPEG, "JPEG image", id="jpeg-as-png"),
        pytest.param("a.docx", PDF, "PDF document", id="pdf-as-docx"),
        pytest.param("a.csv", ZIP, "ZIP archive", id="zip-as-csv"),
        pytest.param("a.txt", b"\x7fELF", "program", id="program-as-text"),
        pytest.param("a.pdf.exe.pdf", b"MZ", "program", id="the-last-ending-counts"),
    ],
)
def test_a_name_that_says_something_else_is_told(name, head, got):
    """With what the file is."""
    problem = name_mismatch(name, head)
    assert problem is not None
    assert f"it is: {got}" in problem


@pytest.mark.parametrize(
    ("name", "head"),
    [
        pytest.param("a.pdf", PDF, id="pdf"),
        pytest.param("a.docx", ZIP, id="docx"),
        pytest.param("a.docx", OLE, id="docx-with-a-password"),
        pytest.param("a.jpeg", JPEG, id="jpeg"),
        pytest.param("minutes", b"hello", id="no-ending"),
        pytest.param("a.unknown", b"\x00", id="an-ending-that-says-nothing"),
        pytest.param(".pdf", b"hello", id="a-hidden-file"),
    ],
)
def test_a_name_that_fits_or_says_nothing_is_well(name, head):
    """An ending that nobody knows is no claim."""
    assert name_mismatch(name, head) is None
