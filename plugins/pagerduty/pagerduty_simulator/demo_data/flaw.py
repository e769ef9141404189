"""One flaw of an otherwise healthy account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pagerduty_simulator.account.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One thing that is wrong in an otherwise healthy account."""

    feature: str
    """What of the healthy account it concerns."""
    description: str
    apply: Callable[[Account], None]
    fails: tuple[str, ...]
    """The rules that fail over it, and no others."""
