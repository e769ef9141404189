"""Diagnoses clock skew between this machine and PagerDuty."""

from __future__ import annotations

from ccm_core.sdk.types import Diagnosis
from ccm_pagerduty.diagnosis.causes import Cause

MAX_SKEW = 30.0
"""Seconds by which the clocks may differ before windows miss recent events."""


def clock(skew: float | None) -> Diagnosis:
    """Diagnose by how many seconds this machine is ahead of PagerDuty."""
    if skew is None:
        return Diagnosis(subject="clock", ok=True, message="PagerDuty's responses carry no time")
    if abs(skew) <= MAX_SKEW:
        return Diagnosis(
            subject="clock",
            ok=True,
            message=f"in sync with PagerDuty ({abs(skew):.0f}s apart, limit {MAX_SKEW:.0f}s)",
        )
    side = "ahead of" if skew > 0 else "behind"
    return Diagnosis(
        subject="clock",
        ok=False,
        cause=Cause.CLOCK_SKEW,
        message=f"this machine is {abs(skew):.0f}s {side} PagerDuty, limit {MAX_SKEW:.0f}s",
        next_step="synchronize the clock of this machine with NTP",
    )
