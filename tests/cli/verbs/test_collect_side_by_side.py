"""Several connections of one settings file are read side by side, each for itself."""

from __future__ import annotations

import pytest

from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store
from ccm_core.store.sqlite.run_lock import lock_connection

NAMES = ("first", "second", "third")
CONNECTION = """\
  - name: {name}
    connector: pagerduty
    auth: {{method: api_key, key: "env:PD_KEY"}}
    settings: {{base_url: "{url}", lookback: 30d, lookahead: 14d}}
"""


@pytest.fixture
def three(folder, connected):
    """Settings with three connections to one account."""
    connections = "".join(CONNECTION.format(name=name, url=connected.base_url) for name in NAMES)
    (folder / "ccm.yaml").write_text(
        'version: 1\nstore: {url: "sqlite:///ccm.db"}\n'
        f"connections:\n{connections}rules: {{packs: [pagerduty-services]}}\n"
    )
    return connected


def test_connections_are_read_at_the_same_time(ccm, three):
    """Each run begins before any of them has ended; manifests are in the order of the settings."""
    ran = ccm("collect", "--json")
    assert ran.code == 0, ran.err
    assert [one["connection"] for one in ran.json] == [*NAMES]
    assert max(one["started_at"] for one in ran.json) < min(one["ended_at"] for one in ran.json)


def test_lines_of_progress_name_their_connection(ccm, three):
    """Whoever reads a log knows of which connection each line is."""
    ran = ccm("collect")
    assert ran.code == 0, ran.err
    lines = [line for line in ran.err.splitlines() if "pagerduty.service: complete" in line]
    assert {line.partition(": ")[0] for line in lines} == {*NAMES}


@pytest.mark.no_cover
def test_a_connection_that_another_process_reads_keeps_no_other(ccm, folder, three):
    """The others are collected, evaluated and reported; the exit code says that one was not."""
    ccm("collect")
    with lock_connection(folder / "ccm.db", "second"):
        ran = ccm("run", "--all")
    assert (ran.code, "another ccm is collecting second" in ran.err) == (2, True)
    assert (folder / "ccm-report.html").exists()
    store = open_store(StoreLocation(url="sqlite:///ccm.db"), base=folder)
    try:
        runs = [manifest.connection for manifest in store.runs.manifests()]
    finally:
        store.close()
    assert {name: runs.count(name) for name in NAMES} == {"first": 2, "second": 1, "third": 2}
