"""Where a store is, and how it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLocation:
    """Where a store is."""

    url: str
    """``sqlite:///PATH``, relative to the settings file."""
    pseudonym_key: bytes | None = None
    """None: the key file beside the SQLite file, made with the store."""
    options: Mapping[str, str] = field(default_factory=dict)
