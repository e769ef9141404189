"""Setups on their way: few, for a while, and each in its own session."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ccm_core.web.server_state.pending_setups import (
    LIFETIME,
    MOST,
    MOST_OF_A_SESSION,
    PendingSetups,
)

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


def is_there(setups, pending, now=NOW) -> bool:
    """Look for a setup in its own session."""
    with setups.step(pending.session, pending.id, now) as found:
        return found is not None


def test_a_session_has_few_setups_and_loses_the_one_that_rested_longest():
    """Whoever begins one more loses the oldest, and nobody else loses any."""
    setups = PendingSetups()
    other = setups.add("other", object(), NOW - timedelta(minutes=1))
    own = [
        setups.add("own", object(), NOW + timedelta(seconds=second))
        for second in range(MOST_OF_A_SESSION + 1)
    ]
    now = NOW + timedelta(minutes=1)
    assert [is_there(setups, pending, now) for pending in own] == [False, *[True] * 5]
    assert is_there(setups, other, now)


def test_all_sessions_together_have_a_bound():
    """Memory is not for whoever signs in often."""
    setups = PendingSetups()
    own = [setups.add(f"session {number}", object(), NOW) for number in range(MOST + 20)]
    assert sum(is_there(setups, pending) for pending in own) == MOST


def test_a_setup_that_rests_is_forgotten():
    """Each step lets it live on; a clock that goes back ends it."""
    setups = PendingSetups()
    pending = setups.add("own", object(), NOW)
    assert is_there(setups, pending, NOW + LIFETIME / 2)
    assert is_there(setups, pending, NOW + LIFETIME)
    assert not is_there(setups, pending, NOW + 3 * LIFETIME)
    pending = setups.add("own", object(), NOW)
    assert not is_there(setups, pending, NOW - timedelta(seconds=1))


def test_a_setup_of_another_session_is_not_found():
    """Not even by its id."""
    setups = PendingSetups()
    pending = setups.add("own", object(), NOW)
    with setups.step("other", pending.id, NOW) as found:
        assert found is None
