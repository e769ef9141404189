"""A checkpoint that was pinned earlier is compared with a bundle, without the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

import pytest

from ccm_core.bundle.compare_pins import PinComparison, compare_with_pins
from ccm_core.bundle.verifier.archive import Archive, read_archive
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint, PinnedCheckpoint


@dataclass(frozen=True)
class GrownLog:
    """Checkpoints of a first day, a bundle of the second, and a checkpoint of the third."""

    heads: Mapping[str, str]
    files: Archive
    newer_head: str
    origin: str
    signer: object


@pytest.fixture(scope="module")
def grown(found_firm, write_bundle, tmp_path_factory):
    """Let the logs of a firm grow for three days; nothing of it may be changed."""
    folder = tmp_path_factory.mktemp("grown")
    logs = (STORE_LOG, "firm")
    with found_firm(folder) as firm:
        firm.evaluate()
        heads = {log: firm.store.ledger.signed_head(log) for log in logs}
        firm.now += timedelta(days=1)
        firm.collect()
        firm.evaluate()
        write_bundle(firm, folder / "b.zip")
        assert all(firm.store.ledger.signed_head(log) != heads[log] for log in logs)
        firm.now += timedelta(days=1)
        firm.evaluate()
        return GrownLog(
            heads=MappingProxyType(heads),
            files=read_archive(str(folder / "b.zip")),
            newer_head=firm.store.ledger.signed_head(),
            origin=firm.store.ledger.head().origin,
            signer=firm.signer,
        )


def test_an_earlier_checkpoint_is_the_beginning_of_the_log(grown):
    """That of the store, which covers all others, and that of one connection."""
    assert compare_with_pins(
        grown.files, [PinnedCheckpoint(name=log, note=text) for log, text in grown.heads.items()]
    ) == PinComparison(pins=2)


@pytest.mark.parametrize("log", [STORE_LOG, "firm"])
def test_a_checkpoint_of_another_history_is_a_problem(grown, log):
    """Though the right key has signed it."""
    head = Checkpoint.read(signed_note.read(grown.heads[log]).text)
    other_bundle = f"{head.origin}\n{head.size}\n{signed_note.encoded(bytes(32))}\n"
    pin = PinnedCheckpoint(
        name="old.txt",
        note=signed_note.sign(other_bundle, grown.origin, grown.signer),
    )
    comparison = compare_with_pins(grown.files, [pin])
    assert comparison.problems == (
        f"old.txt has another root for {head.size} leaves of {head.origin}",
    )


def test_a_checkpoint_that_is_newer_than_the_bundle_proves_nothing(grown):
    """The message names where it can be compared."""
    comparison = compare_with_pins(
        grown.files, [PinnedCheckpoint(name="new.txt", note=grown.newer_head)]
    )
    assert comparison.problems == ()
    assert ["compare it with the store" in text for text in comparison.unproven] == [True]
