"""One process evaluates at a time: another one waits, and is refused in the end."""

from __future__ import annotations

import pytest

from ccm_core.errors import StoreError
from ccm_core.store.sqlite.run_lock import lock_connection, lock_evaluating


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        pytest.param(
            lock_evaluating,
            lambda path: lock_evaluating(path, patience=0),
            "another ccm is evaluating",
            id="evaluating",
        ),
        pytest.param(
            lambda path: lock_connection(path, "firm"),
            lambda path: lock_connection(path, "firm"),
            "another ccm is collecting firm",
            id="collecting",
        ),
    ],
)
def test_a_lock_that_is_held_is_refused(tmp_path, first, second, message):
    """The message names the process that holds it."""
    path = tmp_path / "ccm.db"
    with first(path), pytest.raises(StoreError, match=rf"{message}.*process \d+"), second(path):
        pass
    with second(path):
        assert (tmp_path / "ccm.db").parent.exists()


def test_collecting_and_evaluating_go_side_by_side(tmp_path):
    """An evaluation reads what was stored by its moment, whoever stores more."""
    path = tmp_path / "ccm.db"
    with lock_connection(path, "firm"), lock_evaluating(path, patience=0):
        assert list(tmp_path.glob("*.lock"))
