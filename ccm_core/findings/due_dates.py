"""When findings are due: by severity, and by each framework that asks for it earlier or later."""

from __future__ import annotations

from collections.abc import Iterable

from ccm_core.model.finding.finding import Finding
from ccm_core.model.finding.policy import FindingPolicy
from ccm_core.model.finding.work_item import DueDate


def due_dates(
    finding: Finding, controls: Iterable[str], policy: FindingPolicy
) -> tuple[DueDate, ...]:
    """Return all due dates of a finding, the earliest first; none: it is never due.

    They count from when it was opened, or reopened last.

    Args:
        finding: The finding.
        controls: Those that its checks support, as ``framework:id``.
        policy: What the settings say.
    """
    periods = [("", policy.due.get(finding.severity))]
    if policy.due_by_framework:
        frameworks = {name.partition(":")[0] for name in controls}
        periods += [
            (name, policy.due_by_framework[name].get(finding.severity))
            for name in sorted(frameworks.intersection(policy.due_by_framework))
        ]
    dates = (
        DueDate(at=finding.opened_at + period, framework=framework)
        for framework, period in periods
        if period is not None
    )
    return tuple(sorted(dates, key=lambda due: (due.at, due.framework)))
