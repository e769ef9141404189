"""The hooks a plugin may implement. All are registration hooks: no argument, an iterable back.

The host sorts all offers by name, refuses two owners of one name and names both, and keeps a
plugin that fails in the catalog with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.report_figures import ReportSection
    from ccm_core.sdk.simulation.page import PageSimulation
    from ccm_core.sdk.types import Connector, EvidenceKind, RulePackSource, View

NAME = "ccm"
"""The marker's name, the entry-point group and the prefix of every hook."""

hookspec = pluggy.HookspecMarker(NAME)
hookimpl = pluggy.HookimplMarker(NAME)


@hookspec
def ccm_connectors() -> Iterable[Connector]:
    """Offer connectors.

    Called once when the host starts a command that needs connections. An example::

        @hookimpl
        def ccm_connectors():
            from acme_ccm.connector import connector

            yield connector()
    """
    return ()


@hookspec
def ccm_evidence_kinds() -> Iterable[EvidenceKind]:
    """Offer evidence kinds.

    Every collector's kind must be offered by some plugin. An example::

        @hookimpl
        def ccm_evidence_kinds():
            from acme_ccm.kinds import KINDS

            return KINDS
    """
    return ()


@hookspec
def ccm_views() -> Iterable[View]:
    """Offer views: pure functions from records to rows that rules can evaluate.

    An example::

        @hookimpl
        def ccm_views():
            from acme_ccm.views import VIEWS

            return VIEWS
    """
    return ()


@hookspec
def ccm_rule_packs() -> Iterable[RulePackSource]:
    """Offer rule packs.

    They are compiled when they are used; ``ccm rules check`` compiles all of them. An example::

        @hookimpl
        def ccm_rule_packs():
            from acme_ccm.rulepacks import PACKS

            return PACKS
    """
    return ()


@hookspec
def ccm_report_sections() -> Iterable[ReportSection]:
    """Offer sections of the report for people: figures as pure data, which the host draws.

    An example::

        @hookimpl
        def ccm_report_sections():
            from acme_ccm.sections import SECTIONS

            return SECTIONS
    """
    return ()


@hookspec
def ccm_page_simulations() -> Iterable[PageSimulation]:
    """Offer simulations of a page: whom the source would notify of an incident, how and when.

    An example::

        @hookimpl
        def ccm_page_simulations():
            from acme_ccm.page import SIMULATION

            yield SIMULATION
    """
    return ()
