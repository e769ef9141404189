"""What all loaded plugins offer together, frozen; and what became of each plugin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ccm_core.model.evidence.manifest import PluginVersion
from ccm_core.plugins.consistency import problems
from ccm_core.sdk.report_figures import ReportSection
from ccm_core.sdk.types import Connector, EvidenceKind, RulePackSource, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What one plugin offers, sorted by name."""

    connectors: tuple[Connector, ...] = ()
    kinds: tuple[EvidenceKind, ...] = ()
    views: tuple[View, ...] = ()
    packs: tuple[RulePackSource, ...] = ()
    sections: tuple[ReportSection, ...] = ()

    def names(self) -> Iterator[tuple[str, str]]:
        """Give each thing that is offered as what it is and its name."""
        yield from (("connector", one.name) for one in self.connectors)
        yield from (("evidence kind", one.name) for one in self.kinds)
        yield from (("view", one.name) for one in self.views)
        yield from (("rule pack", one.name) for one in self.packs)
        yield from (("report section", one.name) for one in self.sections)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One installed plugin and what became of it."""

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
        """Name it together with what is to be installed or removed."""
        return f"plugin {self.name} (distribution {self.distribution} {self.version})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Everything that is on offer, by name."""

    plugins: tuple[Plugin, ...] = ()
    """Every installed plugin, sorted by name; those that failed among them."""
    connectors: Mapping[str, Connector] = field(default_factory=dict)
    kinds: Mapping[str, EvidenceKind] = field(default_factory=dict)
    views: Mapping[str, View] = field(default_factory=dict)
    packs: Mapping[str, RulePackSource] = field(default_factory=dict)
    sections: Mapping[str, ReportSection] = field(default_factory=dict)

    @property
    def failures(self) -> tuple[Plugin, ...]:
        """The plugins that did not load, each with its reason."""
        return tuple(plugin for plugin in self.plugins if plugin.failure is not None)

    def versions(self) -> tuple[PluginVersion, ...]:
        """Give the plugins as a manifest records them; those that are disabled had no part."""
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
        """Find what is offered and refers to nothing, or cannot be used. For ``ccm check``."""
        return tuple(problems(self.connectors, self.kinds, self.views, self.sections))
