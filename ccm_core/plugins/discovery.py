"""Finds installed plugins in the metadata of distributions. Imports none of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledPlugin:
    """A plugin before it is loaded."""

    name: str
    """Of its entry point: what ``plugins.require`` and ``plugins.disable`` name."""
    distribution: str
    version: str
    entry_point: EntryPoint = field(repr=False)


def discover() -> tuple[InstalledPlugin, ...]:
    """Give every installed plugin, sorted by name and distribution."""
    from ccm_core.sdk.hookspecs import NAME

    found = [_installed(one) for one in entry_points(group=NAME)]
    return tuple(sorted(found, key=lambda plugin: (plugin.name, plugin.distribution)))


def _installed(entry_point: EntryPoint) -> InstalledPlugin:
    distribution = entry_point.dist
    return InstalledPlugin(
        name=entry_point.name,
        distribution=distribution.name if distribution else "unknown",
        version=distribution.version if distribution else "unknown",
        entry_point=entry_point,
    )
