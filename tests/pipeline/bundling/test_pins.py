"""A head that was handed over at an earlier time is held against a bundle, without the store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccm_core.bundle.pinned_checkpoints import Held, hold
from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint
from ccm_core.ledger.pinned_checkpoint import Pin


@pytest.fixture
def grown(firm, written, tmp_path):
    """Give the heads of a first day, and the files of a bundle that was made on the second."""
    logs = (STORE_LOG, "firm")
    firm.evaluate()
    heads = {log: firm.store.ledger.signed_head(log) for log in logs}
    firm.now += timedelta(days=1)
    firm.collect()
    firm.evaluate()
    written(firm, tmp_path / "b.zip")
    assert all(firm.store.ledger.signed_head(log) != heads[log] for log in logs)
    return heads, read_archive(str(tmp_path / "b.zip"))


def test_an_earlier_head_is_the_beginning_of_what_is_there(grown):
    """That of the store, which covers all others, and that of one connection."""
    heads, files = grown
    assert hold(files, [Pin(name=log, note=text) for log, text in heads.items()]) == Held(pins=2)


@pytest.mark.parametrize("log", [STORE_LOG, "firm"])
def test_an_earlier_head_of_another_history_is_found(firm, grown, log):
    """Though the right key has signed it: once there was something else in this place."""
    heads, files = grown
    head = Checkpoint.read(signed_note.read(heads[log]).text)
    other = f"{head.origin}\n{head.size}\n{signed_note.encoded(bytes(32))}\n"
    pin = Pin(
        name="old.txt", note=signed_note.sign(other, firm.store.ledger.head().origin, firm.signer)
    )
    held = hold(files, [pin])
    assert held.problems == (f"old.txt has another root for {head.size} leaves of {head.origin}",)


def test_a_head_that_is_newer_than_the_bundle_proves_nothing(firm, grown):
    """It is told where it can be held against."""
    _, files = grown
    firm.now += timedelta(days=1)
    firm.evaluate()
    held = hold(files, [Pin(name="new.txt", note=firm.store.ledger.signed_head())])
    assert held.problems == ()
    assert ["hold it against the store" in one for one in held.unproven] == [True]
