"""A row or a verdict that is not in the store any more is damage, for whoever asks."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from ccm_core.errors import IntegrityError
from ccm_core.model.period import parse_period
from ccm_core.pipeline.assurance import assess_period


@pytest.fixture
def damaged(firm, tmp_path):
    """Return a function that takes the bodies of a kind of derived records out of the store."""

    def damage(form):
        firm.evaluate()
        with closing(sqlite3.connect(tmp_path / "ccm.db")) as database, database:
            count = database.execute(
                "DELETE FROM body WHERE digest IN (SELECT digest FROM current_version "
                "WHERE connection = 'firm@derived' AND kind LIKE ?)",
                (f"{form}/%",),
            ).rowcount
        assert count
        return firm

    return damage


@pytest.mark.parametrize("form", ["rows", "verdicts"])
def test_a_bundle_without_a_body_says_that_the_store_is_damaged(
    damaged, write_bundle, tmp_path, form
):
    """It names the kind, the subject and the next step, and nothing is written."""
    company = damaged(form)
    with pytest.raises(IntegrityError, match=f"{form}/.* is missing.*ccm verify"):
        write_bundle(company, tmp_path / "b.zip")
    assert not list(tmp_path.glob("*.zip*"))


@pytest.mark.parametrize("form", ["rows", "verdicts"])
def test_an_assurance_without_a_body_says_that_the_store_is_damaged(damaged, form):
    """It is nobody's fault but that of whoever changed the store."""
    company = damaged(form)
    compiled, _ = company.ruling()
    with pytest.raises(IntegrityError, match=f"{form}/.* is missing.*ccm verify"):
        assess_period(
            company.host,
            [company.connection()],
            company.store,
            compiled,
            parse_period("2026-08"),
            [("soc2", "CC7.4")],
        )
