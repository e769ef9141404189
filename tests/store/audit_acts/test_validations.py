"""Outcomes of tests and mutations of packs in the store, and in the ledger."""

from __future__ import annotations

from ccm_core.ledger.checkpoint import STORE_LOG


def test_outcomes_are_listed_in_their_order_and_stated_in_the_ledger(reopen, key, left):
    """Each with its digest, and how many passed and failed."""
    store = reopen(key())
    store.audit_acts.record_validations([left.validation(1), left.validation(2)])
    store.audit_acts.record_validations([])

    digests, outcomes = zip(*store.audit_acts.validations(), strict=True)
    assert list(outcomes) == [left.validation(1), left.validation(2)]
    leaves = [leaf for _, leaf in store.ledger.leaves(STORE_LOG) if leaf["leaf"] == "validation"]
    assert [leaf["digest"] for leaf in leaves] == list(digests)
    assert [(leaf["passed"], leaf["failed"], leaf["method"]) for leaf in leaves] == [
        *[(1, 1, "tests")] * 2
    ]
