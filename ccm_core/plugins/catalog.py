"""The catalog: what all loaded plugins offer together, and the state of each plugin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from ccm_core.model.evidence.manifest import PluginVersion
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.plugins.consistency import problems
from ccm_core.sdk.report_figures import ReportSection
from ccm_core.sdk.simulation.page import PageSimulation
from ccm_core.sdk.types import Connector, EvidenceKind, RulePackSource, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What one plugin offers, sorted by name."""

    connectors: tuple[Connector, ...] = ()
    kinds: tuple[EvidenceKind, ...] = ()
    views: tuple[View, ...] = ()
    packs: tuple[RulePackSource, ...] = ()
    sections: tuple[ReportSection, ...] = ()
    page_simulations: tuple[PageSimulation, ...] = ()

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield each offer as its category and its name."""
        yield from (("connector", connector.name) for connector in self.connectors)
        yield from (("evidence kind", kind.name) for kind in self.kinds)
        yield from (("view", view.name) for view in self.views)
        yield from (("rule pack", pack.name) for pack in self.packs)
        yield from (("report section", section.name) for section in self.sections)
        yield from (("page simulation", page.name) for page in self.page_simulations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One installed plugin, and whether it loaded."""

    name: str
    distribution: str
    version: str
    offers: Offers = field(default=Offers(), repr=False)
    """Nothing where it failed or is disabled."""
    failure: str | None = None
    """Why it did not load, where it did not."""
    disabled: bool = False
    """Whether the settings keep it from being loaded."""

    def __str__(self) -> str:
        """Return its name with the distribution that is installed or removed."""
        return f"plugin {self.name} (distribution {self.distribution} {self.version})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Everything that plugins offer, by name."""

    plugins: tuple[Plugin, ...] = ()
    """Every installed plugin, sorted by name; those that failed among them."""
    connectors: Mapping[str, Connector] = field(default_factory=dict)
    kinds: Mapping[str, EvidenceKind] = field(default_factory=dict)
    views: Mapping[str, View] = field(default_factory=dict)
    packs: Mapping[str, RulePackSource] = field(default_factory=dict)
    sections: Mapping[str, ReportSection] = field(default_factory=dict)
    page_simulations: Mapping[str, PageSimulation] = field(default_factory=dict)

    @property
    def failures(self) -> tuple[Plugin, ...]:
        """The plugins that did not load, each with its reason."""
        return tuple(plugin for plugin in self.plugins if plugin.failure is not None)

    def versions(self) -> tuple[PluginVersion, ...]:
        """Return the plugins as a manifest records them, without those that are disabled."""
        return tuple(
            PluginVersion(
                name=plugin.name,
                distribution=plugin.distribution,
                version=plugin.version,
                failure=plugin.failure,
            )
            for plugin in self.plugins
            if not plugin.disabled
        )

    def problems(self) -> tuple[str, ...]:
        """Return what refers to nothing or cannot be used among the offers. For ``ccm check``."""
        return tuple(
            problems(self.connectors, self.kinds, self.views, self.sections, self.page_simulations)
        )
