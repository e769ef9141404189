"""Evidence of doors that is collected every hour, and whether it may be relied on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ccm_core.model.evidence.window import Window
from ccm_core.rules.evaluate.sufficiency import assess_sufficiency
from ccm_core.sdk.types import Shape

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PERIOD = Window(NOW - 10 * HOUR, NOW + DAY)


def window(start, end):
    """Return the window between two numbers of hours before now."""
    return Window(NOW - start * HOUR, NOW - end * HOUR)


def stands(collections, shape=Shape.SNAPSHOT, **fields):
    """Ask for the standing of doors, collected every hour."""
    return assess_sufficiency(
        collections,
        **(
            {
                "kind": "acme.door",
                "shape": shape,
                "cadence": HOUR,
                "period": PERIOD,
                "now": NOW,
                "connection": "hq",
            }
            | fields
        ),
    )
