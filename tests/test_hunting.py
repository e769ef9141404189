"""The hunt for secrets finds what it is to find, so that finding nothing means something."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from hunting import FORMS, VAULT_KEY, Hunt, parts_left
from pagerduty_simulator import IdentityState
from pagerduty_simulator.api.credentials import API_KEY, USER_KEY

from ccm_core.store.codec.compression import Compressor

TOKEN = "pdus+_0abcdefgh+1234"


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param(API_KEY, id="key of the account"),
        pytest.param(USER_KEY, id="key of a user"),
        pytest.param(TOKEN, id="token"),
        pytest.param(TOKEN.replace("+", "%2B"), id="token in a form"),
        pytest.param(VAULT_KEY, id="key of vaults"),
        pytest.param(IdentityState().register().client_secret, id="client secret"),
    ],
)
def test_every_secret_of_the_suite_is_known_by_its_form(secret):
    """Wherever it stands."""
    assert FORMS.search(f"so {secret}, then".encode())


def test_secret_scan_covers_files_and_stores(tmp_path):
    """A body that was compressed too."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "report.html").write_text(f"<p>{TOKEN}</p>")
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as store:
        store.execute("create table body (content blob)")
        content = Compressor().compress(f'{{"a": "{TOKEN}"}}'.encode() * 9)
        store.execute("insert into body values (?)", (content,))
        store.commit()
    hunt = Hunt()
    hunt.search(tmp_path)
    assert f"table body of {tmp_path / 'ccm.db'}" in hunt.found
    assert f"file {tmp_path / 'deep' / 'report.html'}" in hunt.found
    (tmp_path / "deep" / "report.html").unlink()
    (tmp_path / "ccm.db").unlink()


def test_secret_scan_covers_logs_and_arguments():
    """Of every process that is started."""
    hunt = Hunt()
    hunt.emit(logging.LogRecord("acme", 30, "f", 1, "sent %s", (TOKEN,), None))
    hunt.heard("subprocess.Popen", ("/bin/ccm", ["ccm", TOKEN], None, None))
    hunt.heard("subprocess.Popen", ("/bin/ccm", ["ccm", "check"], None, {"KEY": TOKEN}))
    hunt.heard("open", (TOKEN, "r", 0))
    assert hunt.found == ["log acme", "arguments of '/bin/ccm'"]


def test_secret_scan_covers_the_suite(hunt):
    """Starting a process is noticed, in this very run."""
    before = hunt.looked_at
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    assert hunt.looked_at > before


def test_name_scan_finds_parts_of_planted_texts():
    """Whatever their case, and wherever they stand; a part of four letters shows nobody."""
    assert parts_left('{"name": "the vrelks"}', ["Vrelkapo Ltd."]) == {"vrelk"}
    assert parts_left("call 99123", ["+43 699 1234567"]) == set()
    assert parts_left("call 69912345", ["+43 69912345"]) == {"69912", "99123", "91234", "12345"}
