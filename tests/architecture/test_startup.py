"""A command is quick to say what it can do: nothing heavy is imported for it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = (
    "authlib",
    "cel_expr_python",
    "cryptography",
    "httpx",
    "jinja2",
    "joserfc",
    "jsonschema",
    "jsonschema_rs",
    "mcp",
    "pluggy",
    "rich",
    "starlette",
    "yaml",
)

REPORT = f"""
import json, sys
print(json.dumps(sorted(set({HEAVY!r}) & set(sys.modules))))
"""

ASK_FOR_HELP = """
import contextlib, io
from ccm_core.cli.main import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main({arguments!r})
"""


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import ccm_core.cli.main", id="import"),
        pytest.param(ASK_FOR_HELP.format(arguments=["--help"]), id="help"),
        pytest.param(ASK_FOR_HELP.format(arguments=["--version"]), id="version"),
        pytest.param(ASK_FOR_HELP.format(arguments=["collect", "--help"]), id="help of a command"),
    ],
)
def test_starting_imports_nothing_heavy(code: str):
    """Neither starting nor asking for help imports a library that only working needs."""
    answer = subprocess.run(  # noqa: S603 - this interpreter, with code that stands above
        [sys.executable, "-c", code + REPORT], capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout.splitlines()[-1]) == []


def test_the_package_runs_as_a_module():
    """``python -m ccm_core`` is the same command as ``ccm``."""
    answer = subprocess.run(
        [sys.executable, "-m", "ccm_core", "--help"], capture_output=True, text=True, check=True
    )
    assert answer.stdout.startswith("Usage:")


def test_no_request_searches_for_a_library_that_is_missing():
    """The http library imports sniffio at each request: found, that costs nothing."""
    code = "import ccm_core.sdk.http, json, sniffio\nprint(json.dumps(sniffio.__name__))"
    answer = subprocess.run(  # noqa: S603 - this interpreter, with code that stands above
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout) == "sniffio"


def test_importing_what_plugins_see_imports_nothing_heavy():
    """A plugin's module can name every type of the sdk without paying for the libraries."""
    code = "import ccm_core.sdk.types, ccm_core.sdk.errors, ccm_core.sdk.secret" + REPORT
    answer = subprocess.run(  # noqa: S603 - this interpreter, with code that stands above
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout) == []


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        pytest.param("import ccm_core.sdk.http", {"rich", "pygments", "click"}, id="reading"),
        pytest.param(
            "import ccm_core.cli.verbs.collect",
            {"ccm_core.rules", "ccm_core.report", "ccm_core.auth.vault", "yaml"},
            id="collecting",
        ),
        pytest.param(
            "import ccm_core.app.cycle, ccm_core.app.rule_sets, ccm_core.config.ticket_settings",
            {"httpx", "starlette", "authlib", "jinja2", "cel_expr_python", "apprise"},
            id="evaluating",
        ),
    ],
)
def test_a_step_imports_nothing_that_it_does_not_need(code: str, absent: set[str]):
    """Reading a source brings no libraries for people; collecting no judging; judging no client."""
    code += f"\nimport json, sys\nprint(json.dumps(sorted({absent!r} & set(sys.modules))))"
    answer = subprocess.run(  # noqa: S603 - this interpreter, with code that stands above
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout) == []
