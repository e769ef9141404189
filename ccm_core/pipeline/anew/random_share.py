"""A random share of names, which the same seed chooses again."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from random import Random

from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomShare:
    """Chooses a share of names."""

    share: float
    """Above 0, and at most 1."""
    seed: int

    def of(self, names: Sequence[str], what: str) -> Sequence[str]:
        """Choose some of names, at least one where there are any; sorted.

        Args:
            names: All of them.
            what: What they are names of: of something else, others are chosen.
        """
        ordered = sorted(names)
        number = min(len(ordered), ceil(self.share * len(ordered)))
        return sorted(self._random(what).sample(ordered, number))

    def each(self, names: Sequence[str], what: str) -> Sequence[str]:
        """Choose each of names with the probability of the share, at least one; sorted."""
        random, ordered = self._random(what), sorted(names)
        chosen = [name for name in ordered if random.random() < self.share]
        return chosen or (random.sample(ordered, 1) if ordered else [])

    def _random(self, what: str) -> Random:
        return Random(f"{self.seed} {what}")  # noqa: S311 - no secret
