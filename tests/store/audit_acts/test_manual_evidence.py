"""Manual evidence in the store: nothing is lost, only a current piece can be ended, files once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccm_core.errors import UsageError
from ccm_core.model import json_codec
from ccm_core.model.audit.manual_evidence import (
    ManualEvidenceAct,
    ManualEvidenceActKind,
    ManualEvidenceState,
)
from ccm_core.model.evidence.erasure import Erasure, ErasureResult


@pytest.fixture
def store(reopen, key):
    """Return a store that is signed."""
    return reopen(key())


def withdrawal(act, **changes):
    """Return the act that withdraws a piece."""
    common = {"number": 2, "kind": ManualEvidenceActKind.WITHDRAWN, "reason": "wrong file"}
    return ManualEvidenceAct(evidence=act.evidence, at=act.at, by="bob", **{**common, **changes})


def replacing(left, act):
    """Return another piece that replaces one, with its file."""
    other, content = left.attached(2)
    return replace(other, statement=replace(other.statement, replaces=act.evidence)), content


def states(store, moment):
    """Return the state of each piece."""
    return {piece.id: piece.state_at(moment).value for piece in store.audit_acts.manual_evidence()}


def test_a_file_comes_back_as_it_was_attached(store, left):
    """Byte by byte; one whose digest alone is stored does not."""
    act, content = left.attached(1)
    store.audit_acts.attach(act, content)
    digest_only, _ = left.attached(2)
    store.audit_acts.attach(digest_only, None)

    assert store.audit_acts.file(content.digest) == b"%PDF-1.7 minutes "
    assert store.audit_acts.file(digest_only.statement.file.digest) is None


def test_a_file_of_two_pieces_is_stored_once(store, left):
    """So is its leaf; each piece has a leaf of its own that names it."""
    act, content = left.attached(1)
    store.audit_acts.attach(act, content)
    store.audit_acts.attach(replace(act, evidence="ME-9"), content)

    leaves = [json_codec.decode(leaf) for leaf, _ in store.ledger.prove("@store", lambda _: True)]
    assert [leaf["digest"] for leaf in leaves if leaf["leaf"] == "attached_file"] == [
        content.digest
    ]
    assert [leaf["file"] for leaf in leaves if leaf["leaf"] == "manual_evidence"] == [
        content.digest
    ] * 2


def test_a_replaced_piece_stays_and_says_by_what(store, left):
    """The one that replaces it counts."""
    act, content = left.attached(1)
    store.audit_acts.attach(act, content)
    store.audit_acts.attach(*replacing(left, act))

    assert states(store, act.at) == {"ME-1": "replaced", "ME-2": "current"}
    first, _ = store.audit_acts.manual_evidence()
    assert first.ended.replaced_by == "ME-2"
    assert store.audit_acts.file(content.digest) is not None


@pytest.mark.parametrize("again", ["withdraw", "replace"])
@pytest.mark.parametrize("before", ["withdraw", "replace"])
def test_what_was_ended_cannot_be_ended_again(store, left, before, again):
    """Whoever comes second is told who came first; nothing of theirs is stored."""
    act, content = left.attached(1)
    store.audit_acts.attach(act, content)

    def end(how, **changes):
        if how == "withdraw":
            store.audit_acts.withdraw(withdrawal(act))
        else:
            other, file = replacing(left, act)
            store.audit_acts.attach(replace(other, **changes), file)

    end(before)
    with pytest.raises(UsageError, match=r"ME-1 was (withdrawn|replaced by ME-2) already"):
        end(again, evidence="ME-3")
    assert "ME-3" not in states(store, act.at)


def test_a_piece_expires(store, left):
    """At its last moment it does not count any more."""
    act, content = left.attached(1)
    store.audit_acts.attach(act, content)
    (piece,) = store.audit_acts.manual_evidence()

    assert piece.state_at(act.at) is ManualEvidenceState.CURRENT
    assert piece.state_at(act.statement.expires) is ManualEvidenceState.EXPIRED


def test_an_erased_file_is_gone_and_everything_else_stays(store, left, build, tmp_path):
    """The store is sound, the piece is known to be erased, and its file is not stored again."""
    act, content = left.attached(1)
    store.audit_acts.attach(act, content)
    store.audit_acts.attach(replace(act, evidence="ME-9"), content)
    order = Erasure(id="e1", manual_evidence="ME-1", reason="asked to", erased_at=build.at(50))
    expected = ErasureResult(bodies=0, rejected=0, shared_versions=0, files=1, sharing_evidence=1)

    assert store.erasure.preview(order) == expected
    assert store.audit_acts.file(content.digest) is not None
    assert store.erasure.erase(order) == expected

    assert store.audit_acts.file(content.digest) is None
    assert states(store, act.at) == {"ME-1": "erased", "ME-9": "erased"}
    assert b"minutes " not in (tmp_path / "ccm.db").read_bytes()
    with pytest.raises(UsageError, match=r"was erased by order e1 \(asked to\)"):
        store.audit_acts.attach(replace(act, evidence="ME-7"), content)
    store.audit_acts.attach(replace(act, evidence="ME-8"), None)
    (erasure,) = [
        json_codec.decode(leaf)
        for leaf, _ in store.ledger.prove("@store", lambda leaf: leaf["leaf"] == "erasure")
    ]
    assert erasure["manual_evidence"] == "ME-1"


def test_records_are_erased_without_files_and_files_without_records(store, left, build):
    """An order about one thing never reaches the other."""
    store.runs.begin(build.run())
    store.records.append(build.harvest("c1", {"a": {"n": 1}}, at=1))
    act, content = left.attached(1)
    store.audit_acts.attach(act, content)

    of_file = Erasure(id="e1", manual_evidence="ME-1", reason="asked to", erased_at=build.at(50))
    assert store.erasure.preview(of_file).bodies == 0
    of_records = Erasure(
        id="e2", connection="demo", kind="demo.thing", reason="asked to", erased_at=build.at(50)
    )
    assert store.erasure.erase(of_records).bodies == 1
    assert store.audit_acts.file(content.digest) is not None


def test_an_order_is_about_records_or_a_file(build):
    """Never about both."""
    with pytest.raises(ValueError, match="of records or of manual evidence"):
        Erasure(id="e", kind="k", manual_evidence="ME-1", reason="why", erased_at=build.at(1))
