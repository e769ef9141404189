"""Discovery of installed plugins in the metadata of distributions; it imports none of them."""

from __future__ import annotations

from dataclasses import field
from importlib.metadata import EntryPoint, entry_points

from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledPlugin:
    """A plugin before it is loaded."""

    name: str
    """Of its entry point: what ``plugins.require`` and ``plugins.disable`` name."""
    distribution: str
    version: str
    entry_point: EntryPoint = field(repr=False)


def discover() -> tuple[InstalledPlugin, ...]:
    """Return every installed plugin, sorted by name and distribution."""
    from ccm_core.sdk.hookspecs import NAME

    plugins = [_installed_plugin(entry_point) for entry_point in entry_points(group=NAME)]
    return tuple(sorted(plugins, key=lambda plugin: (plugin.name, plugin.distribution)))


def _installed_plugin(entry_point: EntryPoint) -> InstalledPlugin:
    # Each property of a distribution parses its metadata anew, with the whole page about it.
    metadata = entry_point.dist.metadata if entry_point.dist else None
    return InstalledPlugin(
        name=entry_point.name,
        distribution=metadata["Name"] if metadata else "unknown",
        version=metadata["Version"] if metadata else "unknown",
        entry_point=entry_point,
    )
