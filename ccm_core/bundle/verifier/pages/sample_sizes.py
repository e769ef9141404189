"""How many items of each test are sampled: by its population and risk, as evaluations state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

UNSTATED = 60
"""The sample size where the last evaluation of a period states none."""
RISKS = {"critical": "high", "high": "high", "medium": "medium"}
"""By severity; every other one is low, and an unknown one high."""
LOW = {"low", "informational"}


class SamplePlan(NamedTuple):
    """What the last evaluation of a period states of samples."""

    sizes: Sequence[Mapping[str, Any]]
    """For small populations first; none: :data:`UNSTATED`."""
    severities: Mapping[str, str]
    """By test."""

    def risk(self, rule: str) -> str:
        """Return the risk of a test; of one that the last evaluation did not have, the highest."""
        severity = self.severities.get(rule, "")
        return "low" if severity in LOW else RISKS.get(severity, "high")

    def size(self, rule: str, population: int) -> int:
        """Return the sample size of a test, which may be larger than its population."""
        for sizes in self.sizes:
            if sizes["up_to"] is None or population <= sizes["up_to"]:
                return int(sizes[self.risk(rule)])
        return UNSTATED

    def largest(self, rule: str) -> int:
        """Return the largest sample that the test can have, whatever its population is."""
        return max([int(sizes[self.risk(rule)]) for sizes in self.sizes], default=UNSTATED)


def sample_plan(inputs: Mapping[str, Any] | None) -> SamplePlan:
    """Return what the inputs of an evaluation state of samples; None: it has none."""
    if inputs is None:
        return SamplePlan((), {})
    severities = {rule["rule"]: rule["severity"] for rule in inputs["rules"]}
    return SamplePlan(inputs["sampling"], severities)
