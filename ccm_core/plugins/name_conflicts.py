"""Name conflicts: two owners of one name are refused, and both are named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ccm_core.errors import PluginError
from ccm_core.plugins.catalog import Plugin

MANIFESTS = "the manifests of the connector"
_NAMESPACES = dict.fromkeys(("evidence kind", "view", MANIFESTS), "kind or view")
"""What a rule may be over, so that none of them may share a name."""


def require_unique_names(plugins: Sequence[Plugin]) -> None:
    """Raise where two plugins have one name, or offer one name.

    Raises:
        PluginError: Names have several owners; the message has a line for each of them.
    """
    owners: dict[tuple[str, str], list[str]] = {}
    for plugin in plugins:
        for category, name in _owned_names(plugin):
            owner = f"{category} of {plugin}" if category != "plugin" else str(plugin)
            owners.setdefault((_NAMESPACES.get(category, category), name), []).append(owner)
    conflicts = [
        f'the name "{name}" ({namespace}) has {len(owned)} owners: {" and ".join(owned)}; '
        "uninstall one of the distributions, or disable one plugin in the settings"
        for (namespace, name), owned in owners.items()
        if len(owned) > 1
    ]
    if conflicts:
        raise PluginError("\n".join(conflicts))


def _owned_names(plugin: Plugin) -> Iterator[tuple[str, str]]:
    """Yield every name that a plugin claims, its own among them."""
    if not plugin.disabled:
        yield "plugin", plugin.name
        yield from plugin.offers.names()
        for connector in plugin.offers.connectors:
            yield MANIFESTS, f"{connector.name}.manifest"
