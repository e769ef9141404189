"""Findings that somebody changed past ccm are not listed, and nothing is built on them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from ccm_core.errors import IntegrityError
from ccm_core.pipeline.findings.track import all_findings
from ccm_core.store.sqlite.verify import verify_store


@pytest.mark.attack(
    "Store",
    "Findings are deleted, resolved or waived by SQL between two evaluations",
    "They are not listed and nothing is evaluated on top (exit 5); verifying names them",
)
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM finding",
        "DELETE FROM finding WHERE id = (SELECT min(id) FROM finding)",
        "UPDATE finding SET state = 'resolved', closed_at = last_seen",
        """UPDATE finding SET checks = replace(checks, '"waiver":null', '"waiver":"W"')""",
        "DELETE FROM finding_changes WHERE seq = (SELECT max(seq) FROM finding_changes)",
    ],
)
def test_changed_findings_are_refused(firm, tmp_path, statement):
    """What the last evaluation left is stated with the changes that it made."""
    firm.evaluate()
    users = firm.simulator.account.users
    users.popitem()
    firm.now += timedelta(days=1)
    firm.collect()
    firm.evaluate()
    with closing(sqlite3.connect(tmp_path / "ccm.db", isolation_level=None)) as database:
        database.execute(statement)

    with pytest.raises(IntegrityError):
        all_findings(firm.store)
    firm.now += timedelta(days=1)
    firm.collect()
    with pytest.raises(IntegrityError):
        firm.evaluate()
    assert verify_store(tmp_path / "ccm.db", on_progress=lambda *_: None).problems
