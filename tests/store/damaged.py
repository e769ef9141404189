"""Changes a store past ccm, and verifies it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from ccm_core.ledger.checkpoint import PinnedCheckpoint
from ccm_core.store.sqlite.verify import verify_store


def verified(folder, *pins):
    """Verify the store of a folder."""
    named_pins = [
        PinnedCheckpoint(name=f"pin {number}", note=pin) for number, pin in enumerate(pins)
    ]
    return verify_store(folder / "ccm.db", pins=named_pins, on_progress=lambda *_: None)


def sql(folder, *statements, **values):
    """Run statements on the store directly, past ccm; give the last rows."""
    with closing(sqlite3.connect(folder / "ccm.db", isolation_level=None)) as database:
        database.execute("PRAGMA ignore_check_constraints=ON")
        return [database.execute(statement, values).fetchall() for statement in statements][-1]
