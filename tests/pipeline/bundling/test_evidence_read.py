"""A package shows whether its evaluations read the evidence that it holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from ccm_core.bundle.verifier.main import verify
from ccm_core.errors import IntegrityError

SERVICE = "kind = 'pagerduty.service' AND key = (SELECT min(key) FROM current_version WHERE kind = "
HIDE = f"DELETE FROM current_version WHERE {SERVICE}'pagerduty.service')"  # noqa: S608 - our words


def rows(path, statement, values=()):
    """Run a statement past ccm; return its rows."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        return database.execute(statement, values).fetchall()


@pytest.mark.attack(
    "Evidence packages",
    "A service is taken out of the store while rules are evaluated, and put back for the package",
    "The package is refused: the evaluation sealed another population than the leaves lead to",
)
def test_evidence_that_was_hidden_from_an_evaluation_is_named(firm, write_bundle, tmp_path):
    """The message names the evaluation and the kind."""
    store = tmp_path / "ccm.db"
    (hidden,) = rows(store, f"SELECT * FROM current_version WHERE {SERVICE}'pagerduty.service')")  # noqa: S608 - our words
    rows(store, HIDE)
    firm.evaluate()
    rows(store, f"INSERT INTO current_version VALUES ({','.join('?' * len(hidden))})", hidden)  # noqa: S608 - the same
    with pytest.raises(IntegrityError, match=r"read another population of pagerduty\.service"):
        write_bundle(firm, tmp_path / "b.zip")


def test_evaluations_of_many_moments_read_what_their_package_holds(
    firm, write_bundle, key_of, tmp_path
):
    """Between collections, of a past moment, and after something vanished and came back."""
    firm.evaluate()
    services = firm.simulator.account.services
    number, service = min(services.items())
    del services[number]
    for _ in range(2):
        firm.now += timedelta(days=1)
        firm.collect()
        firm.evaluate()
        services[number] = service
    firm.now += timedelta(hours=1)
    firm.evaluate()
    for period in ("2026-08", "2026-08-04", "2026-08-05"):
        write_bundle(firm, tmp_path / "b.zip", period=period)
        assert verify(str(tmp_path / "b.zip"), key_of(firm))[1] == []
