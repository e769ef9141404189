"""Refuses two owners of one name, and names both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ccm_core.errors import PluginError
from ccm_core.plugins.catalog import Plugin

_SPACES = {"evidence kind": "kind or view", "view": "kind or view"}
"""Both are what a rule may be over, so they may not share a name."""


def refuse_clashes(plugins: Sequence[Plugin]) -> None:
    """Refuse plugins of one name, and things of one name that plugins offer.

    Raises:
        PluginError: There are clashes; all of them are told.
    """
    owners: dict[tuple[str, str], list[str]] = {}
    for plugin in plugins:
        for what, name in _claims(plugin):
            owner = f"{what} of {plugin}" if what != "plugin" else str(plugin)
            owners.setdefault((_SPACES.get(what, what), name), []).append(owner)
    clashes = [
        f'the name "{name}" ({space}) has {len(owned)} owners: {" and ".join(owned)}; '
        "uninstall one of the distributions, or disable one plugin in the settings"
        for (space, name), owned in owners.items()
        if len(owned) > 1
    ]
    if clashes:
        raise PluginError("\n".join(clashes))


def _claims(plugin: Plugin) -> Iterator[tuple[str, str]]:
    """Give every name that a plugin takes, its own among them."""
    if not plugin.disabled:
        yield "plugin", plugin.name
        yield from plugin.offers.names()
