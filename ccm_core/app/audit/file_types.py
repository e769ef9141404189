"""What a file is by its first bytes, and whether its name says so. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

HEAD = 4096
"""Bytes of a file that are looked at."""
_PDF, _ZIP, _OLE, _TEXT = (
    "PDF document",
    "ZIP archive, or a document in one",
    "document of Microsoft Office (OLE)",
    "text",
)
_GZIP, _SEVEN_ZIP, _RTF = "gzip archive", "7-Zip archive", "RTF document"
_PNG, _JPEG, _GIF, _WEBP = "PNG image", "JPEG image", "GIF image", "WebP image"
_TIFF, _BMP, _HEIC, _MP4 = "TIFF image", "BMP image", "HEIC image", "MP4 video"
_PROGRAM, _BINARY = "program", "binary data of no known type"
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", _PNG),
    (b"\xff\xd8\xff", _JPEG),
    (b"GIF87a", _GIF),
    (b"GIF89a", _GIF),
    (b"II*\x00", _TIFF),
    (b"MM\x00*", _TIFF),
    (b"PK\x03\x04", _ZIP),
    (b"PK\x05\x06", _ZIP),
    (b"\x1f\x8b", _GZIP),
    (b"7z\xbc\xaf\x27\x1c", _SEVEN_ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
    (b"{\\rtf", _RTF),
    (b"\x7fELF", _PROGRAM),
    (b"MZ", _PROGRAM),
    (b"\xcf\xfa\xed\xfe", _PROGRAM),
)
_TEXTS = "txt text csv tsv log md json jsonl ndjson xml html htm yaml yml ini conf svg eml ics sql"
_OFFICE = "docx xlsx pptx docm xlsm pptm vsdx"
_BY_ENDING: Mapping[str, frozenset[str]] = {
    "pdf": frozenset({_PDF}),
    "png": frozenset({_PNG}),
    "gif": frozenset({_GIF}),
    "webp": frozenset({_WEBP}),
    "bmp": frozenset({_BMP}),
    "heic": frozenset({_HEIC}),
    "mp4": frozenset({_MP4}),
    "mov": frozenset({_MP4}),
    "gz": frozenset({_GZIP}),
    "tgz": frozenset({_GZIP}),
    "7z": frozenset({_SEVEN_ZIP}),
    "zip": frozenset({_ZIP}),
    "rtf": frozenset({_RTF}),
    "msg": frozenset({_OLE}),
    **dict.fromkeys(("jpg", "jpeg"), frozenset({_JPEG})),
    **dict.fromkeys(("tif", "tiff"), frozenset({_TIFF})),
    **dict.fromkeys(("odt", "ods", "odp"), frozenset({_ZIP})),
    # What is protected by a password is in a container of the old form.
    **dict.fromkeys(_OFFICE.split(), frozenset({_ZIP, _OLE})),
    **dict.fromkeys(("doc", "xls", "ppt"), frozenset({_OLE, _RTF})),
    **dict.fromkeys(_TEXTS.split(), frozenset({_TEXT})),
}
_PDF_WITHIN = 1024
"""Bytes within which readers look for the beginning of a PDF."""
_CONTROLS = frozenset(range(32)) - {7, 8, 9, 10, 12, 13, 27}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def file_type(head: bytes) -> str:
    """Return what a file is, in words, by its first bytes."""
    for beginning, name in _BEGINNINGS:
        if head.startswith(beginning):
            return name
    if b"%PDF-" in head[:_PDF_WITHIN]:
        return _PDF
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _WEBP
    if head[4:8] == b"ftyp":
        return _HEIC if head[8:12] in {b"heic", b"heix", b"mif1", b"msf1"} else _MP4
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return _BMP
    return _TEXT if _is_text(head) else _BINARY


def name_mismatch(name: str, head: bytes) -> str | None:
    """Return how a file is not what its name says; None: it is, or its name says nothing.

    Args:
        name: Its name, whose ending says what it should be.
        head: Its first bytes.
    """
    ending = PurePath(name).suffix.lower().removeprefix(".")
    expected, got = _BY_ENDING.get(ending), file_type(head)
    if expected is None or got in expected:
        return None
    return (
        f"it ends in .{ending}, and by its first bytes it is: {got}; expected {_either(expected)}"
    )


def _either(names: frozenset[str]) -> str:
    return " or ".join(sorted(names))


def _is_text(head: bytes) -> bool:
    """Return whether it is text, in UTF-8 or in what was used before it."""
    return head.startswith(_UTF16) or not _CONTROLS & set(head)
