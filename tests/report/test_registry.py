"""The formats by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ccm_core.report.registry import EXTENSIONS, FORMATS


def test_names():
    """A format is found by the name it gives itself."""
    names = ["csv", "html", "json", "junit", "markdown", "ocsf", "oscal", "sarif", "text"]
    assert sorted(FORMATS) == names
    assert all(name == report.name for name, report in FORMATS.items())
    assert {name: report.extension for name, report in FORMATS.items()} == EXTENSIONS


def test_only_the_format_that_is_asked_for_is_imported():
    """A page takes none of what eight other formats need."""
    code = (
        "import sys; from ccm_core.report.registry import FORMATS; FORMATS['html']; "
        "print(sorted(name.removeprefix('ccm_core.report.formats.') for name in sys.modules "
        "if name.startswith('ccm_core.report.formats.')), 'xml.etree' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter
    assert done.stdout.strip() == "['html', 'resource_rows'] False"


@pytest.mark.parametrize("name", ["html", "json", "text"])
def test_same_input_same_bytes(inputs, name):
    """Each format gives the same bytes again, ended by a line feed."""
    first, second = (FORMATS[name].render(inputs) for _ in range(2))
    assert first == second
    assert first.endswith(b"\n")


def test_nothing_heavy_is_imported():
    """Importing the formats imports no template engine and no terminal library."""
    code = (
        "import sys, ccm_core.report.registry; "
        "print(sorted({'jinja2', 'markupsafe', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter
    assert done.stdout.strip() == "[]"
