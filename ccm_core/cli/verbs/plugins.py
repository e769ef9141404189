"""``ccm plugins``: list installed plugins, their versions, connectors, kinds and packs."""

from __future__ import annotations

import click

from ccm_core.app.installation import configured_plugins
from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.cli.terminal.options import json_option, settings_file
from ccm_core.cli.terminal.output import print_json, print_message, print_table
from ccm_core.errors import PluginError
from ccm_core.plugins.catalog import Plugin
from ccm_core.plugins.discovery import discover


@click.command("plugins")
@json_option
@click.pass_obj
def command(config: str | None, *, as_json: bool) -> int:
    """List installed plugins with versions, what they offer, and why one failed."""
    try:
        catalog = configured_plugins(settings_file(config))
    except PluginError:
        for plugin in discover():
            print_message(f"{plugin.name}\t{plugin.distribution}\t{plugin.version}")
        raise
    if as_json:
        print_json([_plain(plugin) for plugin in catalog.plugins])
    else:
        print_table(
            ("plugin", "distribution", "version", "offers"),
            [
                (plugin.name, plugin.distribution, plugin.version, _said(plugin))
                for plugin in catalog.plugins
            ],
        )
        if not catalog.plugins:
            print_message("no plugin is installed; install one, such as: pip install ccm-NAME")
    return Exit.USAGE if catalog.failures else Exit.OK


def _said(plugin: Plugin) -> str:
    if plugin.failure:
        return f"FAILED: {plugin.failure}"
    if plugin.disabled:
        return "disabled by the settings"
    offered: dict[str, list[str]] = {}
    for offer, name in plugin.offers.names():
        offered.setdefault(offer, []).append(name)
    return "; ".join(f"{offer}: {', '.join(names)}" for offer, names in offered.items())


def _plain(plugin: Plugin) -> dict[str, object]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "offers": [{"what": offer, "name": name} for offer, name in plugin.offers.names()],
        "failure": plugin.failure,
        "disabled": plugin.disabled,
    }
