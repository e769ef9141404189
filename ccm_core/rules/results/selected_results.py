"""Some of the results of a rule: few are kept, and of very many each is looked up when needed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import cast

from ccm_core.model.evaluation.result import Result

MOST_KEPT = 20_000
"""Results of one rule that are in memory; of more, none is."""


class SelectedResults(Collection[Result]):
    """Results that are selected anew whenever somebody iterates over them."""

    def __init__(
        self, results: Collection[Result], is_selected: Callable[[Result], bool], number: int
    ) -> None:
        """Return those of some that are selected, of which there are so many."""
        self._results, self._is_selected, self._number = results, is_selected, number

    def __len__(self) -> int:
        """Return how many there are."""
        return self._number

    def __iter__(self) -> Iterator[Result]:
        """Yield one after the other."""
        return filter(self._is_selected, self._results)

    def __contains__(self, result: object) -> bool:
        """Return whether one of them is equal."""
        return any(result == other for other in self)


def selected_results(
    results: Collection[Result], is_selected: Callable[[Result], bool], most: int = MOST_KEPT
) -> tuple[Result, ...]:
    """Return the results that are selected, in their order.

    Args:
        results: Those to choose from: in memory, or made when somebody looks at them.
        is_selected: Which to choose.
        most: How many may be kept of results that are not in memory already.
    """
    selected = filter(is_selected, results)
    if isinstance(results, tuple):
        return tuple(selected)
    kept = tuple(islice(selected, most + 1))
    if len(kept) <= most:
        return kept
    number = len(kept) + sum(1 for _ in selected)
    # Nobody needs an index, as of the results that the store makes one by one.
    return cast("tuple[Result, ...]", SelectedResults(results, is_selected, number))
