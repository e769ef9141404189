"""A checkpoint that was pinned earlier is compared with a bundle, without the store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccm_core.bundle.compare_pins import PinComparison, compare_with_pins
from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint, PinnedCheckpoint


@pytest.fixture
def grown(firm, write_bundle, tmp_path):
    """Return the checkpoints of a first day, and the files of a bundle of the second."""
    logs = (STORE_LOG, "firm")
    firm.evaluate()
    heads = {log: firm.store.ledger.signed_head(log) for log in logs}
    firm.now += timedelta(days=1)
    firm.collect()
    firm.evaluate()
    write_bundle(firm, tmp_path / "b.zip")
    assert all(firm.store.ledger.signed_head(log) != heads[log] for log in logs)
    return heads, read_archive(str(tmp_path / "b.zip"))


def test_an_earlier_checkpoint_is_the_beginning_of_the_log(grown):
    """That of the store, which covers all others, and that of one connection."""
    heads, files = grown
    assert compare_with_pins(
        files, [PinnedCheckpoint(name=log, note=text) for log, text in heads.items()]
    ) == PinComparison(pins=2)


@pytest.mark.parametrize("log", [STORE_LOG, "firm"])
def test_a_checkpoint_of_another_history_is_a_problem(firm, grown, log):
    """Though the right key has signed it."""
    heads, files = grown
    head = Checkpoint.read(signed_note.read(heads[log]).text)
    other_bundle = f"{head.origin}\n{head.size}\n{signed_note.encoded(bytes(32))}\n"
    pin = PinnedCheckpoint(
        name="old.txt",
        note=signed_note.sign(other_bundle, firm.store.ledger.head().origin, firm.signer),
    )
    comparison = compare_with_pins(files, [pin])
    assert comparison.problems == (
        f"old.txt has another root for {head.size} leaves of {head.origin}",
    )


def test_a_checkpoint_that_is_newer_than_the_bundle_proves_nothing(firm, grown):
    """The message names where it can be compared."""
    _, files = grown
    firm.now += timedelta(days=1)
    firm.evaluate()
    comparison = compare_with_pins(
        files, [PinnedCheckpoint(name="new.txt", note=firm.store.ledger.signed_head())]
    )
    assert comparison.problems == ()
    assert ["compare it with the store" in text for text in comparison.unproven] == [True]
