"""What this distribution offers to the host: hook implementations, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.report_figures import ReportSection
    from ccm_core.sdk.types import Connector, EvidenceKind, RulePackSource, View


@hookimpl
def ccm_connectors() -> Iterable[Connector]:
    """Offer the connector ``pagerduty``."""
    from ccm_pagerduty.connector import connector

    return (connector(),)


@hookimpl
def ccm_evidence_kinds() -> Iterable[EvidenceKind]:
    """Offer the kinds ``pagerduty.*``."""
    from ccm_pagerduty.kinds import kinds

    return kinds()


@hookimpl
def ccm_views() -> Iterable[View]:
    """Offer what is derived from the kinds: coverage, readiness, response, access, ownership."""
    from ccm_pagerduty.views import views

    return views()


@hookimpl
def ccm_rule_packs() -> Iterable[RulePackSource]:
    """Offer the rule packs that judge them."""
    from ccm_pagerduty.rulepacks import rule_packs

    return rule_packs()


@hookimpl
def ccm_report_sections() -> Iterable[ReportSection]:
    """Offer pictures for the report: coverage, response, services, access."""
    from ccm_pagerduty.sections import sections

    return sections()
