"""A subject: what a result is about."""

from __future__ import annotations

from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a result is about."""

    kind: str
    """The kind of the object itself, such as ``acme.service``, or ``connection``."""
    key: str
    title: str
    """As a person knows it."""
    url: str | None = None
    """Where a person can open it."""
    owners: tuple[str, ...] = ()
    """The teams that own it, as people call them, sorted; no result depends on them."""
