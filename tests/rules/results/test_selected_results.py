"""A filter keeps few results, and looks very many up again instead."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from ccm_core.model.evaluation.result import Result, Status
from ccm_core.model.evaluation.subject import Subject
from ccm_core.rules.results.selected_results import SelectedResults, selected_results


class MadeResults(Collection):
    """Results that are made when somebody looks at them, as the store makes them."""

    def __init__(self, number):
        self.number = number

    def __len__(self):
        """Return how many there are."""
        return self.number

    def __contains__(self, result):
        """Return whether one of them is equal."""
        return any(result == other for other in self)

    def __iter__(self):
        """Make one after the other."""
        for index in range(self.number):
            yield Result(
                rule="r",
                connection="c",
                subject=Subject(kind="k", key=str(index), title="t"),
                status=Status.PASS if index % 2 else Status.FAIL,
                reason="",
            )


def passes(result):
    """Select every other result."""
    return result.status is Status.PASS


@pytest.mark.parametrize(
    ("number", "most", "is_kept"),
    [
        pytest.param(10, 5, True, id="as many as may be kept"),
        pytest.param(12, 5, False, id="one more"),
        pytest.param(0, 5, True, id="none"),
    ],
)
def test_a_filter_of_made_results_keeps_so_many_at_most(number, most, is_kept):
    """And says the same of them, however often it is asked."""
    results = selected_results(MadeResults(number), passes, most)
    assert isinstance(results, tuple) is is_kept
    assert isinstance(results, SelectedResults) is not is_kept
    expected = [str(index) for index in range(number) if index % 2]
    for _ in range(2):
        assert [result.subject.key for result in results] == expected
    assert len(results) == len(expected)
    assert (next(iter(MadeResults(1))) in results) is False
    assert all(result in results for result in results)


def test_results_in_memory_stay_there():
    """There are that many anyway."""
    results = selected_results(tuple(MadeResults(100)), passes, 5)
    assert isinstance(results, tuple)
    assert len(results) == 50
