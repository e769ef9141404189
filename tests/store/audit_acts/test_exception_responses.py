"""Responses to exceptions in the store: each stays, and the second of two at once is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccm_core.errors import UsageError
from ccm_core.model.audit.exception_response import responses_of


def test_a_later_response_supersedes_and_keeps_the_earlier(reopen, key, left):
    """Both are there, in their order."""
    store = reopen(key())
    first, second = left.response(1), replace(left.response(2), text="Fixed for good")
    store.audit_acts.respond(first)
    store.audit_acts.respond(second)

    chosen = responses_of(store.audit_acts.responses(), first.window)
    assert chosen == {first.exception.id: [first, second]}


def test_the_second_of_two_at_once_is_refused(reopen, key, left):
    """It was written without knowledge of the first; a response in another period is apart."""
    store = reopen(key())
    store.audit_acts.respond(left.response(1))

    with pytest.raises(UsageError, match=r"EX-\w+ in 2026: somebody responded meanwhile"):
        store.audit_acts.respond(replace(left.response(1), text="Not agreed"))
    other = replace(left.response(1), window=left.attached(1)[0].statement.window)
    store.audit_acts.respond(other)
    assert [one.text for one in store.audit_acts.responses()] == ["Fixed", "Fixed"]
