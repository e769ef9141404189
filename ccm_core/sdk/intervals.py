"""The algebra of windows, and clocks that run in some of them."""

from __future__ import annotations

from ccm_core.model.clock import (
    BUSINESS_HOURS,
    NEVER,
    Clock,
    Stretch,
    WeeklyHours,
    in_business_hours,
    read_clock,
    read_weekly_hours,
    weekly_hours,
)
from ccm_core.model.evidence.window import Window, subtract, union
from ccm_core.model.time_zones import time_zone

__all__ = [
    "BUSINESS_HOURS",
    "NEVER",
    "Clock",
    "Stretch",
    "WeeklyHours",
    "Window",
    "in_business_hours",
    "read_clock",
    "read_weekly_hours",
    "subtract",
    "time_zone",
    "union",
    "weekly_hours",
]
