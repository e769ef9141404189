"""Counts of a rule, where some of the connections of an evaluation are not in the package."""

from __future__ import annotations

import pytest

from ccm_core.bundle.verifier.derived.rule_counts import count_problems

POPULATION = dict.fromkeys(
    ("total", "passed", "failed", "insufficient", "not_applicable", "error", "waived"), 0
)


@pytest.mark.parametrize("status", ["pass", "fail", "insufficient"])
def test_nothing_follows_for_connections_that_are_not_there(status):
    """An evaluation may be older than the only connection of a package."""
    rule = {"status": status, "results": [], "population": POPULATION | {"total": 3, "passed": 3}}

    assert list(count_problems(rule, [], ["other"], whole=False)) == []
    assert list(count_problems(rule, [], [], whole=False)) != []
