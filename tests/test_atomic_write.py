"""A file is replaced whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ccm_core.atomic_write import write_durably


def test_atomic_write_replaces_the_file(tmp_path: Path):
    """With mode 0600 whatever the old one had, and nothing beside it."""
    path = tmp_path / "kept"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_durably(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_others_read_can_keep_its_mode(tmp_path: Path):
    """Settings are no secret: whoever writes them says which rights they had."""
    path = tmp_path / "kept"
    write_durably(path, b"new", mode=0o644)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_atomic_write_leaves_the_old_file_on_failure(tmp_path: Path):
    """A folder of that name is no file to be replaced; nothing half-written is left beside it."""
    path = tmp_path / "kept"
    path.mkdir()
    with pytest.raises(OSError, match="irectory"):
        write_durably(path, b"new")
    assert list(tmp_path.iterdir()) == [path]


def test_atomic_write_leaves_other_files_alone(tmp_path: Path):
    """Only what a killed writer of this very file left is cleared away."""
    others = [tmp_path / name for name in (".other.1.tmp", "kept.tmp", ".kept.bak")]
    for one in others:
        one.write_bytes(b"")
    (tmp_path / ".kept.1.tmp").write_bytes(b"")
    write_durably(tmp_path / "kept", b"new")
    assert sorted(tmp_path.iterdir()) == sorted([*others, tmp_path / "kept"])
