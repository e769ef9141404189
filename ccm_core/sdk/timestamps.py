"""Instants and durations as people and sources write them."""

from __future__ import annotations

from ccm_core.model.duration import format_duration, parse_duration
from ccm_core.model.instant import format_instant, parse_instant

__all__ = ["format_duration", "format_instant", "parse_duration", "parse_instant"]
