"""What people install is whole: sdist, wheel from the sdist, a clean environment, a command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
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


def run(*command: str | Path, cwd: Path | None = None, codes: tuple[int, ...] = (0,)) -> str:
    """Run a command outside the checkout's reach; give what it prints."""
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV"))}
    answer = subprocess.run(  # noqa: S603 - commands that stand in this file
        [str(part) for part in command],
        cwd=cwd,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode in codes, f"{command}\n{answer.stdout}\n{answer.stderr}"
    return answer.stdout


def build(source: Path, kind: str, into: Path) -> Path:
    """Build one sdist or wheel with the backend of this environment."""
    run(sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", into, source)
    (made,) = into.iterdir()
    return made


@pytest.fixture(scope="module")
def wheels(root: Path, tmp_path_factory) -> dict[str, Path]:
    """Build each distribution's sdist from the checkout, and its wheel from the sdist alone."""
    made = {}
    for name, folder in DISTRIBUTIONS.items():
        work = tmp_path_factory.mktemp(name)
        sdist = build(root / folder, "sdist", work / "sdist")
        with tarfile.open(sdist) as archive:
            archive.extractall(work / "unpacked", filter="data")
        (unpacked,) = (work / "unpacked").iterdir()
        made[name] = build(unpacked, "wheel", work / "wheel")
    return made


@pytest.fixture(scope="module")
def clean(wheels: dict[str, Path], tmp_path_factory) -> Path:
    """Install both wheels into an environment that knows nothing of the checkout."""
    folder = tmp_path_factory.mktemp("clean")
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    pins = folder / "pins.txt"
    pins.write_text(run(sys.executable, "-m", "pip", "freeze", "--exclude-editable"))
    if uv:
        run(uv, "venv", "--python", sys.executable, folder / "venv")
        install = [uv, "pip", "install", "--python", folder / "venv/bin/python"]
    else:
        run(sys.executable, "-m", "venv", folder / "venv")
        install = [folder / "venv/bin/python", "-m", "pip", "install"]
    run(*install, "--constraint", pins, *wheels.values())
    return folder / "venv" / "bin"


def test_the_commands_run_from_the_wheels(clean: Path, tmp_path: Path):
    """The installed command says its version and finds the plugin and its rules."""
    assert run(clean / "ccm", "--version", cwd=tmp_path).strip().endswith("0.1.0")
    plugins = json.loads(run(clean / "ccm", "plugins", "--json", cwd=tmp_path))
    assert "pagerduty" in json.dumps(plugins)
    assert "pagerduty-services" in run(clean / "ccm", "rules", "list", cwd=tmp_path)


def test_every_schema_is_in_the_wheel(clean: Path, root: Path, tmp_path: Path):
    """The wheel carries the very schemas of the checkout, and finds them."""
    found = json.loads(run(clean / "python", "-c", LOAD_EVERY_SCHEMA, cwd=tmp_path))
    assert Path(found["package"]).is_relative_to(clean.parent)
    assert found["ids"] == {
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


def test_a_host_without_the_plugin_still_starts(clean: Path, tmp_path: Path):
    """Where the plugin's distribution is gone, the host says so instead of breaking."""
    alone = tmp_path / "alone"
    shutil.copytree(clean.parent, alone, symlinks=True)
    python = alone / "bin" / "python"
    (packages,) = alone.glob("lib/python3*/site-packages")
    for part in packages.glob("ccm_pagerduty*"):
        shutil.rmtree(part)
    (tmp_path / "ccm.yaml").write_text(SETTINGS)
    assert json.loads(run(python, "-m", "ccm_core", "plugins", "--json", cwd=tmp_path)) == []
    run(python, "-m", "ccm_core", "collect", cwd=tmp_path, codes=(2,))


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
