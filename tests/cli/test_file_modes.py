"""The files that ccm makes: who else on the machine may read them."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime

import pytest

pytestmark = pytest.mark.no_cover  # its lines are covered by others


@pytest.fixture
def shared_umask():
    """The default of most machines: new files are readable by everybody."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder):
    """Return the files that others may read, by their names."""
    return sorted(
        path.name
        for path in folder.rglob("*")
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077
    )


@pytest.mark.attack(
    "Terminal and files",
    "Another user of the machine reads settings, store, locks, reports and packages",
    "Every file that ccm makes is readable by its owner alone",
)
def test_files_of_a_run_are_readable_by_their_owner_alone(
    ccm, folder, connected, shared_umask, vault_key
):
    """They name people and hold what was read from the account."""
    settings = (folder / "ccm.yaml").read_text()
    (folder / "ccm.yaml").unlink()
    assert ccm("init").code == 0
    (folder / "ccm.yaml").write_text(settings)  # in the file that `init` made
    ccm("run", "-o", "reports/report.html")
    ccm("report", "--format", "json=results.json")
    ccm("bundle", "--period", str(datetime.now(UTC).year), "-o", "package.ccm.zip")
    made = {path.name for path in folder.rglob("*") if path.is_file()}
    assert {"ccm.yaml", "report.html", "results.json", "package.ccm.zip"} <= made
    assert open_to_others(folder) == []


def test_a_report_that_is_shared_on_purpose_stays_shared(ccm, folder, connected, shared_umask):
    """A web server that may read it can still do so after the next run."""
    ccm("run")
    ccm("report", "--format", "json=results.json")
    (folder / "results.json").chmod(0o644)
    ccm("report", "--format", "json=results.json")
    assert "results.json" in open_to_others(folder)
