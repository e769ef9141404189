"""Which tests ``make check`` runs: those of the rooms that changed."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tests_of():
    """Load the function that maps files to tests."""
    return runpy.run_path(str(ROOT / ".ci/changed_rooms.py"))["tests_of"]


@pytest.mark.parametrize(
    ("file", "tests"),
    [
        pytest.param("ccm_core/rules/cel/checked_ast.py", ["tests/rules"], id="a room"),
        pytest.param("ccm_core/atomic_write.py", ["tests/test_atomic_write.py"], id="a module"),
        pytest.param("tests/store/test_model.py", ["tests/store"], id="a test of a room"),
        pytest.param("tests/test_hunting.py", ["tests/test_hunting.py"], id="a test"),
        pytest.param(
            "schemas/manifest.v1.schema.json",
            ["tests/schemas"],
            id="a schema",
        ),
        pytest.param(
            "plugins/pagerduty/ccm_pagerduty/views/user_access.py",
            ["plugins/pagerduty/tests/views"],
            id="a room of the plugin",
        ),
        pytest.param(
            "plugins/pagerduty/ccm_pagerduty/client.py", ["plugins/pagerduty/tests"], id="plugin"
        ),
        pytest.param(
            "plugins/pagerduty/pagerduty_simulator/api/app.py",
            ["plugins/pagerduty/tests/simulator"],
            id="the simulator",
        ),
        pytest.param("docs/glossary.md", ["tests/architecture", "tests/docgen"], id="a page"),
        pytest.param("tests/hunting.py", ["tests/architecture"], id="a module that tests share"),
        pytest.param(".ci/changed_rooms.py", ["tests/ci"], id="a script of the checks"),
        pytest.param("pyproject.toml", ["tests/architecture"], id="settings of the tools"),
        pytest.param("ccm_core/no_such_room/module.py", [], id="no tests"),
    ],
)
def test_a_changed_file_selects_the_tests_of_its_room(tests_of, file, tests):
    """Rooms mirror the folders of the tests."""
    assert tests_of([file]) == tests


def test_a_folder_of_tests_is_selected_once(tests_of):
    """What lies within another folder is not run twice."""
    files = [
        "plugins/pagerduty/ccm_pagerduty/client.py",
        "plugins/pagerduty/ccm_pagerduty/views/user_access.py",
        "ccm_core/rules/types.py",
        "ccm_core/rules/cel/checked_ast.py",
    ]
    assert tests_of(files) == ["plugins/pagerduty/tests", "tests/rules"]


def test_no_change_selects_no_tests(tests_of):
    """Then there is nothing to run."""
    assert tests_of([]) == []
