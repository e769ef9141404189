"""One flaw of an otherwise healthy account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pagerduty_simulator.account.account import Account


def _as_it_was(account: Account) -> None:
    """Change nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One thing that is wrong in an otherwise healthy account."""

    feature: str
    """What of the healthy account it concerns."""
    description: str
    apply: Callable[[Account], None]
    fails: tuple[str, ...]
    """The rules that fail over it, and no others."""
    before: Callable[[Account], None] = _as_it_was
    """Changes what the account was hours ago: the flaw was there, but for this."""
