"""What is kept has leaves, heads are signed, and each leaf can be proven to an outsider."""

from __future__ import annotations

from pathlib import Path

import pytest
from tables import TABLES

from ccm_core.ledger import inclusion_proof, signed_note
from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint
from ccm_core.ledger.merkle_hash import leaf_hash
from ccm_core.ledger.signed_note import VerifierKey
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.evaluation_inputs import EvaluationInputs
from ccm_core.store.log.leaf_encoding import LEAF_FORMS

HARMLESS = {
    "seq": "its order is that of the leaves",
    "id": "the one row of the store's facts",
    "document": "stands by its digest",
    "position": "computed again from the order of the entries",
    "base": "how the document is compressed: what is read is compared with its digest",
}
DERIVED = {
    "current_version": "derived from version",
    "body": "stands by its digest, which a version names",
    "dictionary": "derived from bodies, and what is read with it is compared with its digest",
    "log_entry": "the ledger itself",
    "checkpoint": "signed",
    "population_bucket": "derived from current_version",
    "finding": "derived from finding_changes",
    "subject": "derived from rows, and stated by evaluations",
    "verdict": "derived from verdicts, and stated by evaluations",
    "trace": "stated by evaluations",
    "partition_member": "stated by evaluations",
    "console_session": "states nothing: who is signed in to the console",
    "deriving": "whatever it says, the next evaluation compares what is there, or begins anew",
}


def everything(proof):
    """Want every leaf."""
    del proof
    return True


@pytest.fixture
def filled(reopen, build, key):
    """Return a store that was signed, with a run and an evaluation."""
    store = reopen(key())
    store.runs.begin(build.run())
    store.records.append(
        build.harvest("c1", {"a": {"n": 1}, "b": {}}, rejected=[build.rejected()], at=1)
    )
    store.records.append(build.harvest("c2", {"a": {"n": 2}}, snapshot=True, at=2))
    store.runs.seal(build.manifest(at=3))
    store.evaluations.append(build.evaluation(4), EvaluationInputs(host_version="0"), [b"pack"])
    return store


@pytest.mark.parametrize("table", [table for table in TABLES if table not in DERIVED])
def test_a_leaf_has_every_column_of_its_row(table):
    """Each column of each table is in a leaf, or there is a reason why it need not be."""
    form = next(form for form in LEAF_FORMS if form.table == table)
    fields = {*form.plain, *form.instants, *form.references}
    assert set(TABLES[table]) - fields <= set(HARMLESS)
    assert fields <= set(TABLES[table])
    assert form.document == ("document" in TABLES[table])
    assert form.number in TABLES[table]


def test_leaves_are_in_the_order_in_which_rows_were_stored(filled):
    """A collection, what it appended, what vanished, what was rejected; then the manifest."""
    leaves = [json_codec.decode(leaf) for leaf, _ in filled.ledger.prove("demo", everything)]

    assert [(leaf["leaf"], leaf.get("key"), leaf.get("collection")) for leaf in leaves] == [
        ("run", None, None),
        ("collection", None, None),
        ("version", "a", "c1"),
        ("version", "b", "c1"),
        ("rejected", "bad", "c1"),
        ("collection", None, None),
        ("version", "a", "c2"),
        ("version", "b", "c2"),
        ("manifest", None, None),
    ]
    assert leaves[6] == {
        "leaf": "version",
        "connection": "demo",
        "kind": "demo.thing",
        "kind_version": 1,
        "key": "a",
        "digest": digest(b'{"n":2}'),
        "collection": "c2",
        "observed_at": "2026-01-01T00:02:00Z",
        "stored_at": "2026-01-01T00:02:00Z",
        "endpoint": "/things",
        "page": 1,
        "response_digest": digest(b"page"),
    }
    assert "digest" not in leaves[7]


def test_the_store_states_the_heads_of_its_logs(filled):
    """Its own log has facts, the key, what evaluations rest on, and the other logs' heads."""
    leaves = [json_codec.decode(leaf) for leaf, _ in filled.ledger.prove(STORE_LOG, everything)]

    assert [leaf["leaf"] for leaf in leaves] == [
        "store",
        "signing_key",
        "heads",
        "document",
        "document",
        "evaluation",
        "heads",
    ]
    head = filled.ledger.head("demo")
    assert leaves[2] == {
        "leaf": "heads",
        "heads": [{"log": "demo", "size": head.size, "root": signed_note.encoded(head.root)}],
        "signed": True,
    }


@pytest.mark.parametrize("log", ["demo", STORE_LOG])
def test_each_leaf_is_proven_by_a_signed_head(filled, key, log):
    """With the public key, the leaf's bytes and its proof; the store is not needed."""
    (begun,) = filled.ledger.signing_keys()
    assert begun.key == VerifierKey(filled.ledger.head().origin, key().public)

    for leaf, proof in filled.ledger.prove(log, everything):
        head = Checkpoint.read(signed_note.opened(proof.checkpoint, [begun.key]))
        assert head == filled.ledger.head(log)
        root = inclusion_proof.root_of_inclusion(
            proof.index, head.size, leaf_hash(leaf), proof.hashes
        )
        assert root == head.root


def test_a_store_without_a_key_states_unsigned_heads(reopen, build, key):
    """Heads are stated with the reason; the first key that is at hand signs all that came before.

    Nothing is proven until then.
    """
    store = reopen()
    store.runs.begin(build.run())
    store.runs.seal(build.manifest(at=1))
    assert store.ledger.signed_head() is None
    assert store.ledger.prove(STORE_LOG, everything) == ()
    store.close()

    store = reopen(key())
    store.runs.begin(build.run("r2"))
    store.runs.seal(build.manifest("r2", at=2))
    leaves = [json_codec.decode(leaf) for leaf, _ in store.ledger.prove(STORE_LOG, everything)]
    assert [leaf.get("unsigned") for leaf in leaves if leaf["leaf"] == "heads"] == [
        "no key in this test",
        None,
    ]


def test_a_key_that_is_not_registered_signs_no_head(reopen, build, key, filled):
    """Another vault's key is no key of this store: heads stay unsigned, with the next step."""
    before = filled.ledger.signed_head()
    filled.close()
    store = reopen(key("another"))
    store.evaluations.append(build.evaluation(9))

    assert store.ledger.signed_head() == before
    assert len(store.ledger.signing_keys()) == 1
    store.close()
    store = reopen(key("another"), key())  # the right one is at hand as well
    store.evaluations.append(build.evaluation(10))
    leaves = [json_codec.decode(leaf) for leaf, _ in store.ledger.prove(STORE_LOG, everything)]
    assert "ccm keys rotate --lost" in leaves[-3]["unsigned"]
    assert leaves[-1] == {"leaf": "heads", "heads": [], "signed": True}


def test_an_evaluation_that_is_stored_already_adds_no_leaf(filled, build):
    """The same bytes are kept once, so the head stays what it was."""
    before = filled.ledger.head()
    filled.evaluations.append(build.evaluation(4), EvaluationInputs(host_version="0"), [b"pack"])
    assert filled.ledger.head() == before


@pytest.mark.parametrize("form", LEAF_FORMS, ids=lambda form: form.table)
def test_each_leaf_is_described_with_its_fields(form):
    """An outsider reads in the reference what a leaf says."""
    page = (Path(__file__).parents[3] / "docs/reference/ledger.md").read_text("utf-8")
    leaves = page.partition("## Leaves")[2].partition("## ")[0]
    (line,) = [line for line in leaves.splitlines() if line.startswith(f"| `{form.table}` |")]
    fields = (*form.plain, *form.instants, *form.references)
    assert [name for name in fields if f"`{name}`" not in line] == []
