"""``ccm plugins``."""

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
        for one in discover():
            print_message(f"{one.name}\t{one.distribution}\t{one.version}")
        raise
    if as_json:
        print_json([_plain(one) for one in catalog.plugins])
    else:
        print_table(
            ("plugin", "distribution", "version", "offers"),
            [(one.name, one.distribution, one.version, _said(one)) for one in catalog.plugins],
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
    for what, name in plugin.offers.names():
        offered.setdefault(what, []).append(name)
    return "; ".join(f"{what}: {', '.join(names)}" for what, names in offered.items())


def _plain(plugin: Plugin) -> dict[str, object]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "offers": [{"what": what, "name": name} for what, name in plugin.offers.names()],
        "failure": plugin.failure,
        "disabled": plugin.disabled,
    }
