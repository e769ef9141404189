"""Orders to erase: whoever gives one, it has a reason in words and selects something."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ccm_core.model.evidence.erasure import Erasure

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        pytest.param({"reason": ""}, "expected a reason in words", id="no reason"),
        pytest.param({"reason": " \u200b "}, "expected a reason in words", id="blanks"),
        pytest.param({"reason": "..."}, "expected a reason in words", id="dots"),
        pytest.param({"kind": None}, "a connection, a kind, a key or a moment", id="everything"),
        pytest.param({"kind": None, "key": "K1"}, "'K1'.*no kind", id="a key of no kind"),
    ],
)
def test_order_to_erase_is_refused(order, message):
    """What is deleted is gone for good: an order that explains or selects nothing does nothing."""
    fields = {"id": "e1", "kind": "acme.user", "reason": "asked to", "erased_at": NOW, **order}
    with pytest.raises(ValueError, match=message):
        Erasure(**fields)


def test_order_with_a_reason_is_accepted():
    """The reason stays as it was written."""
    order = Erasure(id="e1", kind="acme.user", key="K1", reason="the user asked", erased_at=NOW)
    assert order.reason == "the user asked"
