"""Divide what a page can hold among lists: short ones are drawn whole, long ones are cut alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


def fair_shares(wants: Sequence[int], budget: int) -> list[int]:
    """Return how much of a budget each one gets: what it wants, or an equal share of the rest.

    Args:
        wants: How much each would take.
        budget: How much there is for all of them.
    """
    shares = [0] * len(wants)
    remaining = budget
    ascending = sorted(range(len(wants)), key=wants.__getitem__)
    for position, index in enumerate(ascending):
        shares[index] = min(wants[index], remaining // (len(wants) - position))
        remaining -= shares[index]
    return shares


def fair_lengths(
    lists: Sequence[Sequence[T]], cost: Callable[[T], int], budget: int, most: int
) -> list[int]:
    """Return how many entries of each list are drawn, from its beginning: one at least.

    Args:
        lists: The lists, what matters most first.
        cost: What drawing one entry takes.
        budget: What drawing all of them may take.
        most: The most entries of any list.
    """
    costs = [_costs(entries[:most], cost, budget) for entries in lists]
    shares = fair_shares([sum(of_list) for of_list in costs], budget)
    return [_fitting(of_list, share) for of_list, share in zip(costs, shares, strict=True)]


def _costs(entries: Sequence[T], cost: Callable[[T], int], budget: int) -> list[int]:
    """Return the costs of the entries that could fit if there was no other list."""
    costs: list[int] = []
    total = 0
    for entry in entries:
        costs.append(cost(entry))
        total += costs[-1]
        if total > budget:
            break
    return costs


def _fitting(costs: Sequence[int], share: int) -> int:
    total = 0
    for number, cost in enumerate(costs):
        total += cost
        if total > share:
            return max(number, 1)
    return len(costs)
