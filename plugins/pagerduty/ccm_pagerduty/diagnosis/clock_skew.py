"""Whether this machine's clock agrees with the source's. Pure."""

from __future__ import annotations

from ccm_core.sdk.types import Diagnosis
from ccm_pagerduty.diagnosis.causes import Cause

SKEW_MOST = 30.0
"""Seconds by which the clocks may differ before windows miss what just happened."""


def clock(skew: float | None) -> Diagnosis:
    """Judge by how many seconds this machine is ahead of the source."""
    if skew is None:
        return Diagnosis(subject="clock", good=True, found="the source does not tell its time")
    if abs(skew) <= SKEW_MOST:
        return Diagnosis(subject="clock", good=True, found="agrees with the source's")
    side = "ahead of" if skew > 0 else "behind"
    return Diagnosis(
        subject="clock",
        good=False,
        cause=Cause.CLOCK_SKEW,
        found=f"this machine is {abs(skew):.0f} seconds {side} the source",
        next_step="let the machine keep its time by NTP",
    )
