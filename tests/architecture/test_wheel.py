"""What people install is whole: sdist, wheel from the sdist, a clean environment, a command."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

DISTRIBUTIONS = {"ccm_core": ".", "ccm_pagerduty": "plugins/pagerduty"}

LOAD_EVERY_SCHEMA = """
import json, ccm_core
from ccm_core import schemas
ids = {name: schemas.load(name)["$id"] for name in schemas.names()}
print(json.dumps({"package": ccm_core.__file__, "ids": ids}))
"""


def execute(
    *command: str | Path, cwd: Path | None = None, codes: tuple[int, ...] = (0,)
) -> subprocess.CompletedProcess[str]:
    """Run a command that cannot see the checkout, and check its exit code."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV"))}
    process = subprocess.run(  # noqa: S603 - commands that stand in this file
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode in codes, f"{command}\n{process.stdout}\n{process.stderr}"
    return process


def run(*command: str | Path, cwd: Path | None = None, codes: tuple[int, ...] = (0,)) -> str:
    """Run a command that cannot see the checkout; return its standard output."""
    return execute(*command, cwd=cwd, codes=codes).stdout


def build(source: Path, kind: str, into: Path) -> Path:
    """Build one sdist or wheel with the backend of this environment."""
    run(sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", into, source)
    (artifact,) = into.iterdir()
    return artifact


def installer(python: Path) -> list[str | Path]:
    """Return the command that installs into an environment: uv where there is one, else pip."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv:
        return [uv, "pip", "install", "--python", python]
    return [python, "-m", "pip", "install"]


@pytest.fixture(scope="module")
def wheels(root: Path, tmp_path_factory) -> dict[str, Path]:
    """Build each distribution's sdist from the checkout, and its wheel from the sdist alone."""
    built = {}
    for name, folder in DISTRIBUTIONS.items():
        work = tmp_path_factory.mktemp(name)
        sdist = build(root / folder, "sdist", work / "sdist")
        with tarfile.open(sdist) as archive:
            archive.extractall(work / "unpacked", filter="data")
        (unpacked,) = (work / "unpacked").iterdir()
        built[name] = build(unpacked, "wheel", work / "wheel")
    return built


@pytest.fixture(scope="module")
def pins(tmp_path_factory) -> Path:
    """Return a file of constraints: the versions of this environment."""
    path = tmp_path_factory.mktemp("pins") / "pins.txt"
    path.write_text(run(sys.executable, "-m", "pip", "freeze", "--exclude-editable"))
    return path


@pytest.fixture(scope="module")
def clean(wheels: dict[str, Path], pins: Path, tmp_path_factory) -> Path:
    """Install both wheels, without extras, into an environment that cannot see the checkout."""
    folder = tmp_path_factory.mktemp("clean")
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv:
        run(uv, "venv", "--python", sys.executable, folder / "venv")
    else:
        run(sys.executable, "-m", "venv", folder / "venv")
    python = folder / "venv/bin/python"
    run(*installer(python), "--constraint", pins, *wheels.values())
    return folder / "venv" / "bin"


def test_the_commands_run_from_the_wheels(clean: Path, tmp_path: Path):
    """The installed command says its version and finds the plugin and its rules."""
    assert run(clean / "ccm", "--version", cwd=tmp_path).strip().endswith("0.1.0")
    plugins = json.loads(run(clean / "ccm", "plugins", "--json", cwd=tmp_path))
    assert "pagerduty" in json.dumps(plugins)
    assert "pagerduty-services" in run(clean / "ccm", "rules", "list", cwd=tmp_path)


def test_every_schema_is_in_the_wheel(clean: Path, root: Path, tmp_path: Path):
    """The wheel carries the very schemas of the checkout, and finds them."""
    loaded = json.loads(run(clean / "python", "-c", LOAD_EVERY_SCHEMA, cwd=tmp_path))
    assert Path(loaded["package"]).is_relative_to(clean.parent)
    assert loaded["ids"] == {
        path.name.removesuffix(".schema.json"): json.loads(path.read_text("utf-8"))["$id"]
        for path in (root / "schemas").glob("*.schema.json")
    }


def test_the_plugin_brings_its_files(clean: Path, root: Path, tmp_path: Path):
    """The plugin's schemas and rule packs are installed beside its code."""
    code = "import ccm_pagerduty; print(ccm_pagerduty.__file__)"
    installed = Path(run(clean / "python", "-c", code, cwd=tmp_path).strip()).parent
    checkout = root / "plugins" / "pagerduty" / "ccm_pagerduty"
    for pattern in ("schemas/**/*.json", "rulepacks/**/*.yaml"):
        shipped = {path.relative_to(installed) for path in installed.glob(pattern)}
        assert shipped
        assert shipped == {path.relative_to(checkout) for path in checkout.glob(pattern)}


def test_the_plugin_s_wheel_brings_the_simulator(wheels: dict[str, Path], root: Path):
    """Every module of the package is in the wheel, and the extra names what it needs."""
    with zipfile.ZipFile(wheels["ccm_pagerduty"]) as wheel:
        shipped = set(wheel.namelist())
        (metadata,) = (name for name in shipped if name.endswith(".dist-info/METADATA"))
        requirements = wheel.read(metadata).decode().splitlines()
    checkout = root / "plugins" / "pagerduty"
    modules = checkout.glob("pagerduty_simulator/**/*.py")
    assert {path.relative_to(checkout).as_posix() for path in modules} <= shipped
    extra = [line for line in requirements if line.endswith("extra == 'simulator'")]
    assert {re.split(r"[<>=]", line)[0] for line in extra} == {
        f"Requires-Dist: {library}" for library in ("joserfc", "starlette", "uvicorn")
    }


@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param(("-m", "ccm_core", "demo"), 2, id="the demonstration"),
        pytest.param(("-m", "pagerduty_simulator"), 1, id="the simulator"),
    ],
)
def test_the_simulator_without_its_extra_says_what_to_install(clean, tmp_path, command, code):
    """The libraries of the extra are not installed; the message names one, and the extra."""
    process = execute(clean / "python", *command, cwd=tmp_path, codes=(code,))
    assert "needs starlette, which is not installed" in process.stderr
    assert "pip install 'ccm-pagerduty[simulator]'" in process.stderr


def test_the_simulator_starts_with_its_extra(clean, wheels, pins, tmp_path_factory):
    """The extra installs all that a served account and an identity server need."""
    folder = tmp_path_factory.mktemp("with-extra")
    environment = folder / "venv"
    shutil.copytree(clean.parent, environment, symlinks=True)
    python = environment / "bin" / "python"
    wheel = f"ccm-pagerduty[simulator] @ {wheels['ccm_pagerduty'].as_uri()}"
    run(*installer(python), "--constraint", pins, wheel)
    assert run(python, "-c", SERVE_ONCE, cwd=folder).strip() == "200 200"


def test_a_host_without_the_plugin_still_starts(clean: Path, tmp_path: Path):
    """Where the plugin's distribution is gone, the host says so instead of breaking."""
    alone = tmp_path / "alone"
    shutil.copytree(clean.parent, alone, symlinks=True)
    python = alone / "bin" / "python"
    (packages,) = alone.glob("lib/python3*/site-packages")
    for pattern in ("ccm_pagerduty*", "pagerduty_simulator"):
        for folder in packages.glob(pattern):
            shutil.rmtree(folder)
    (tmp_path / "ccm.yaml").write_text(SETTINGS)
    assert json.loads(run(python, "-m", "ccm_core", "plugins", "--json", cwd=tmp_path)) == []
    run(python, "-m", "ccm_core", "collect", cwd=tmp_path, codes=(2,))


SERVE_ONCE = """
import urllib.request
from datetime import UTC, datetime
from pagerduty_simulator import *
account = build_account(datetime.now(UTC), sizes=AccountSizes(incidents=0))
with PagerDutySimulator(account) as api, IdentitySimulator(account, control=api.control) as server:
    headers = {"Authorization": f"Token token={api.api_key}"}
    request = urllib.request.Request(f"{api.base_url}/users", headers=headers)
    print(urllib.request.urlopen(request).status, urllib.request.urlopen(server.keys_url).status)
"""
SETTINGS = """\
version: 1
store: {url: "sqlite:///ccm.db"}
connections:
  - name: prod
    connector: pagerduty
    auth: {method: api_key, key: "env:PAGERDUTY_API_KEY"}
rules: {packs: []}
"""


def test_an_editable_install_keeps_no_second_copy(root: Path):
    """The checkout's own environment reads the top-level schemas, not a copy beside the package."""
    code = "from ccm_core import schemas; print(schemas.folder())"
    assert run(sys.executable, "-c", code, cwd=root).strip() == str(root / "schemas")
    packages = run(
        sys.executable, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    )
    assert not (Path(packages.strip()) / "ccm_core").exists()
