"""A signed head that somebody saved, such as an auditor from last time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A head against which a store is verified."""

    name: str
    """The file that it came from."""
    note: str
