"""An archive is read in the one form that ccm writes, and refused before anything is unpacked."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
from forging import write_package

from ccm_core.bundle.verifier.archive import (
    END_RECORD,
    directory_entry,
    end_record,
    read_archive,
)
from ccm_core.bundle.verifier.main import verify


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("../evil", "lead out", id="climbs"),
        pytest.param("a/../../evil", "lead out", id="climbs from inside"),
        pytest.param("/etc/evil", "lead out", id="absolute"),
        pytest.param("C:evil", "lead out", id="a drive"),
        pytest.param("a\\evil", "lead out", id="a backslash"),
        pytest.param("a/", "lead out", id="a folder"),
        pytest.param("a\nb", "lead out", id="a line feed"),
    ],
)
def test_a_name_that_leads_out_is_refused_before_anything_is_unpacked(spoiled, name, text):
    """The message repeats the name."""
    _, problems = verify(spoiled(lambda files: files.update({name: b""})))
    assert len(problems) == 1
    assert text in problems[0]


def test_a_decompression_bomb_is_refused_before_anything_is_unpacked(tmp_path):
    """By what it says of its size, and by how little it is packed in."""
    path = write_package(tmp_path / "bomb.zip", {"evidence/zeros": bytes(80 << 20)})
    _, problems = verify(path)
    assert len(problems) == 1
    assert "bytes in its files from" in problems[0]


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", bytes(1000)])
def test_a_file_that_is_not_an_archive_is_refused(tmp_path, content):
    """In one line."""
    (tmp_path / "x.zip").write_bytes(content)
    _, problems = verify(str(tmp_path / "x.zip"))
    assert [problem.startswith("the archive is damaged") for problem in problems] == [True]


def test_a_name_that_is_in_the_archive_twice_is_refused(whole, tmp_path):
    """Programs disagree about which of the two they read."""
    path = tmp_path / "twice.zip"
    path.write_bytes(whole.read_bytes())
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("index.html", b"another")
    assert "2 times" in verify(str(path))[1][0]


# -- one form -------------------------------------------------------------------------------


def parts(data):
    """Return the members, the directory and the end of an archive."""
    length, start = END_RECORD.unpack(data[-END_RECORD.size :])[5:7]
    return data[:start], data[start : start + length], data[-END_RECORD.size :]


def assembled(members, directory, end):
    """Return an archive whose end says where the directory is."""
    return (
        members
        + directory
        + end_record(struct.unpack("<H", end[8:10])[0], len(directory), len(members))
    )


def after_the_end(data):
    """Add bytes that an unpacker ignores."""
    return data + b"\n<!-- unqualified opinion -->"


def a_comment(data):
    """Add a comment, which the end of an archive may have."""
    return data[:-2] + struct.pack("<H", 5) + b"hello"


def before_the_first(data):
    """Put a program before the archive, and leave every offset right."""
    stream = io.BytesIO(b"#!/bin/sh\n" + data)
    with zipfile.ZipFile(stream, "a"):
        pass
    return stream.getvalue()


def between_members(data):
    """Put bytes between the last member and the directory."""
    members, directory, end = parts(data)
    return assembled(members + b"hidden", directory, end)


def a_second_local_header(data):
    """Hide a member that the directory does not name."""
    packed = zlib.compressobj(wbits=-15)
    body = packed.compress(b"another page") + packed.flush()
    name = b"index.html"
    header = struct.pack(
        "<4s5H3L2H", b"PK\x03\x04", 20, 0x800, 8, 0, 0x21, zlib.crc32(b"another page"),
        len(body), 12, len(name), 0,
    )  # fmt: skip
    members, directory, end = parts(data)
    return assembled(members + header + name + body, directory, end)


def another_local_header(data):
    """Name a member otherwise in its own header, for programs that read no directory."""
    return data.replace(b"index.html", b"indey.html", 1)


def in_the_directory(at, value):
    """Change two bytes of the first entry of the directory."""

    def change(data):
        members, directory, end = parts(data)
        return members + directory[:at] + struct.pack("<H", value) + directory[at + 2 :] + end

    return change


def rewritten(**options):
    """Write the same files with another program."""

    def change(data):
        stream = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
            for info in old.infolist():
                new.writestr(info.filename, old.read(info), **options)
        return stream.getvalue()

    return change


def another_order(data):
    """Swap the first two entries of the directory."""
    members, directory, end = parts(data)
    from ccm_core.bundle.verifier.archive import parse_directory

    first, second, *others = parse_directory(directory)
    entries = [second, first, *others]
    return members + b"".join(map(directory_entry, entries)) + end


CHANGES = {
    "bytes after the end": after_the_end,
    "a comment": a_comment,
    "bytes before the first file": before_the_first,
    "bytes before the directory": between_members,
    "a second local header that is hidden": a_second_local_header,
    "a local header with another name": another_local_header,
    "a mode that makes a file a link": in_the_directory(40, 0xA1FF),
    "an executable mode": in_the_directory(40, 0x81ED),
    "flags": in_the_directory(8, 0x801),
    "a time": in_the_directory(12, 0x1234),
    "another system": in_the_directory(4, 20),
    "an extra field that is announced": in_the_directory(30, 4),
    "a comment of a file that is announced": in_the_directory(32, 4),
    "another program, compressed": rewritten(compress_type=zipfile.ZIP_DEFLATED),
    "another program, stored": rewritten(compress_type=zipfile.ZIP_STORED),
    "another order": another_order,
}


@pytest.mark.attack(
    "Evidence packages",
    "Something is hidden in the archive: a second header, bytes around or between the files, "
    "comments, modes, flags, extra fields, another order or compression",
    "The archive is refused: it has one form, to the byte",
)
@pytest.mark.parametrize("name", CHANGES)
def test_an_archive_in_another_form_is_refused(whole, tmp_path, name):
    """Though it holds the same files, each with its right digest."""
    path = tmp_path / "other.zip"
    path.write_bytes(CHANGES[name](whole.read_bytes()))
    assert path.read_bytes() != whole.read_bytes()
    _, problems = verify(str(path))
    assert len(problems) == 1, problems


@pytest.mark.attack(
    "Evidence packages",
    "Compressed bytes go on after the end of a file, or declare another size",
    "The archive is refused",
)
def test_compressed_bytes_end_with_their_file(tmp_path):
    """What an unpacker skips could be anything."""
    from ccm_core.bundle.verifier import archive as zip_format

    body = zlib.compressobj(wbits=-15)
    packed = body.compress(b"text") + body.flush()
    for data, size in ((packed + b"hidden", 4), (packed, 5), (packed[:-1], 4)):
        member = zip_format.Member("index.html", zlib.crc32(b"text"), len(data), size, 0)
        entry = zip_format.directory_entry(member)
        start = member.end
        path = tmp_path / "x.zip"
        path.write_bytes(
            zip_format.local_header(member) + data + entry + end_record(1, len(entry), start)
        )
        _, problems = verify(str(path))
        assert len(problems) == 1, problems


def test_an_ordinary_program_unpacks_a_package(whole):
    """The one form is an ordinary one: plain files, readable by everybody."""
    with zipfile.ZipFile(whole) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == dict(
            read_archive(str(whole))
        )
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100644}
