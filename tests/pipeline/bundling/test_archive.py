"""An archive that would harm whoever opens it is refused before anything is unpacked."""

from __future__ import annotations

import zipfile

import pytest

from ccm_core.bundle.verifier.archive import MOST_BYTES
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
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("evidence/zeros", bytes(80 << 20))
    _, problems = verify(str(path))
    assert len(problems) == 1
    assert "too much" in problems[0]
    assert MOST_BYTES > 1 << 30


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
