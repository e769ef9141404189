"""A tool that was written elsewhere, for other logs, reads and checks ours: tlog-scales."""

from __future__ import annotations

import pytest
from rfc_9162 import consistency
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint, ConsistencyProof, InclusionProof, InclusionProofInvalid

from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.ledger.merkle_hash import leaf_hash


def everything(proof):
    """Want every leaf."""
    del proof
    return True


@pytest.fixture
def filled(reopen, build, key):
    """Return a store with three runs and their heads."""
    store, heads = reopen(key()), []
    for number in range(3):
        run = f"r{number}"
        store.runs.begin(build.run(run, at=number))
        bodies = {f"{key}": {"n": key * number} for key in range(10 * number)}
        store.records.append(build.harvest(f"c{number}", bodies, run=run, at=number))
        store.runs.seal(build.manifest(run, at=number))
        heads.append((store.ledger.signed_head(), store.ledger.signed_head("demo")))
    return store, heads


def test_tlog_scales_accepts_our_signed_heads_and_no_others(filled):
    """Of the store's log and of a connection's, with the key as we write it."""
    store, heads = filled
    key = Vkey.from_string(str(store.ledger.signing_keys()[0].key))
    assert key.serialize() == str(store.ledger.signing_keys()[0].key)

    for text in (head for pair in heads for head in pair):
        checkpoint = Checkpoint.from_text(text)
        checkpoint.verify(key)
        assert checkpoint.serialize() == text
        with pytest.raises(Exception, match=r"^$|signature"):
            Checkpoint.from_text(text.replace("\n", "x\n", 1)).verify(key)


@pytest.mark.parametrize("log", ["demo", STORE_LOG])
def test_tlog_scales_accepts_our_proofs(filled, log):
    """Each leaf is in the newest tree, and each older tree is the beginning of the newest."""
    store, heads = filled
    proven = store.ledger.prove(log, everything)
    newest = Checkpoint.from_text(store.ledger.signed_head(log))
    for leaf, proof in proven:
        theirs = InclusionProof(proof.index, newest.size, list(proof.hashes))
        theirs.check(leaf_hash(leaf), newest.root_hash)
        with pytest.raises(InclusionProofInvalid):
            theirs.check(leaf_hash(leaf + b" "), newest.root_hash)

    hashes = [leaf_hash(leaf) for leaf, _ in proven]
    for pair in heads:
        older = Checkpoint.from_text(pair[log != STORE_LOG])
        if older.size < newest.size:
            proof = consistency(older.size, hashes)
            theirs = ConsistencyProof(older.size, newest.size, list(proof))
            theirs.check(older.root_hash, newest.root_hash)
