"""The settings as they are in force: packs, parameters and where each was set; secrets as stars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.app.rule_sets import compile_configured_packs
from ccm_core.web.answers import Answer, HtmlPage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccm_core.rules.pack.compiled import CompiledPacks
    from ccm_core.web.visit import Visit


def settings(visit: Visit) -> Answer:
    """Show what the settings file says, and what follows from it.

    Raises:
        DocumentError: A pack has mistakes.
    """
    workspace = visit.workspace
    packs = compile_configured_packs(workspace)
    in_force = workspace.settings
    return HtmlPage(
        template="settings.html",
        values={
            "settings": in_force,
            "packs": packs.packs,
            "parameters": list(_parameters(packs, in_force.rules.parameters)),
            "plugins": workspace.host.plugins,
            "host_version": workspace.host.version,
        },
    )


def _parameters(
    packs: CompiledPacks, own: Mapping[str, object]
) -> Iterator[tuple[str, str, object, bool, str]]:
    """Yield each parameter: pack, name, value in force, whether the settings set it, meaning."""
    for pack in packs.packs:
        for parameter in pack.pack.parameters:
            yield (
                pack.pack.name,
                parameter.name,
                pack.effective[parameter.name],
                parameter.name in own,
                parameter.description or "",
            )
