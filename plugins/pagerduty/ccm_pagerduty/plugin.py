"""The plugin's hook implementations, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.report_figures import ReportSection
    from ccm_core.sdk.simulation.page import PageSimulation
    from ccm_core.sdk.types import Connector, EvidenceKind, RulePackSource, View


@hookimpl
def ccm_connectors() -> Iterable[Connector]:
    """Return the connector ``pagerduty``."""
    from ccm_pagerduty.connector import connector

    return (connector(),)


@hookimpl
def ccm_evidence_kinds() -> Iterable[EvidenceKind]:
    """Return the evidence kinds ``pagerduty.*``."""
    from ccm_pagerduty.kinds import kinds

    return kinds()


@hookimpl
def ccm_views() -> Iterable[View]:
    """Return the views: coverage, readiness, response, access, ownership."""
    from ccm_pagerduty.views import views

    return views()


@hookimpl
def ccm_rule_packs() -> Iterable[RulePackSource]:
    """Return the rule packs over the views."""
    from ccm_pagerduty.rulepacks import rule_packs

    return rule_packs()


@hookimpl
def ccm_report_sections() -> Iterable[ReportSection]:
    """Return the report sections: coverage, response, services, access."""
    from ccm_pagerduty.sections import sections

    return sections()


@hookimpl
def ccm_page_simulations() -> Iterable[PageSimulation]:
    """Return the way of a page through an escalation policy."""
    from ccm_pagerduty.views.on_call.page_walk import page_simulation

    return (page_simulation(),)
