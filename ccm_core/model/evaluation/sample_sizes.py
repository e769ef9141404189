"""How many items of a test are sampled, by its population and its risk."""

from __future__ import annotations

from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSizes:
    """The sample sizes of tests whose population is not larger than a number."""

    up_to: int | None
    """The largest population that they are for; None: every larger one."""
    low: int
    """Of tests whose severity is low or informational."""
    medium: int
    """Of those whose severity is medium."""
    high: int
    """Of those whose severity is high or critical."""


STANDARD_SIZES = (
    SampleSizes(up_to=1, low=1, medium=1, high=1),
    SampleSizes(up_to=4, low=2, medium=2, high=2),
    SampleSizes(up_to=12, low=2, medium=4, high=5),
    SampleSizes(up_to=52, low=5, medium=10, high=15),
    SampleSizes(up_to=250, low=20, medium=30, high=40),
    SampleSizes(up_to=None, low=25, medium=40, high=60),
)
"""As audit firms commonly take them for what happens once, quarterly, monthly, weekly, daily, and
more often; settings may state others."""
