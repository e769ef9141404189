"""The published verifier is what its parts build, and runs alone."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from ccm_core.bundle.published_verifier import published_verifier
from ccm_core.bundle.verifier import build


def test_the_published_verifier_is_what_its_parts_build():
    """Else: ``python -m ccm_core.bundle.verifier.build``."""
    assert published_verifier().decode() == build.published()


def test_the_published_verifier_names_every_module_of_its_room():
    """Except the script that builds it, and itself."""
    room = build.PUBLISHED.parent
    modules = {str(path.relative_to(room).with_suffix("")) for path in room.rglob("*.py")}
    others = {"build", "verify", *(name for name in modules if name.endswith("__init__"))}
    assert set(build.PARTS) == modules - others


@pytest.mark.parametrize(
    ("arguments", "code", "output"),
    [
        pytest.param([], 2, "python3 verify.py BUNDLE.zip [KEY]", id="usage"),
        pytest.param(["none.zip"], 2, "cannot be used", id="no file"),
        pytest.param(["verify.py"], 5, "verify.py: 1 problem", id="not an archive"),
    ],
)
def test_the_published_verifier_runs_alone(tmp_path, arguments, code, output):
    """In an empty folder, isolated, without site packages."""
    shutil.copy(build.PUBLISHED, tmp_path)
    completed = subprocess.run(  # noqa: S603 - this interpreter, on a file of this test
        [sys.executable, "-I", "-S", "verify.py", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (completed.returncode, completed.stderr) == (code, "")
    assert output in completed.stdout


def test_the_verifier_is_not_built_from_parts_that_define_one_name_twice(monkeypatch):
    """In one file the second definition would replace the first."""
    monkeypatch.setattr(build, "PARTS", (*build.PARTS, "proofs/merkle"))
    with pytest.raises(ValueError, match="two parts of the verifier define fold_subtrees"):
        build.published()
