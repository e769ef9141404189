"""The algebra of windows, and clocks that run in some of them."""

from __future__ import annotations

from ccm_core.model.clock import (
    NEVER,
    Clock,
    Stretch,
    WeeklyHours,
    read_clock,
    weekly_hours,
)
from ccm_core.model.evidence.window import Window, subtract, union

__all__ = [
    "NEVER",
    "Clock",
    "Stretch",
    "WeeklyHours",
    "Window",
    "read_clock",
    "subtract",
    "union",
    "weekly_hours",
]
