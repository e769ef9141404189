"""Loads plugins one by one: the only door to pluggy's plugin manager.

A plugin that fails, in whatever way, is kept on the catalog with the reason and offers nothing;
the others load as if it were not there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from ccm_core.errors import PluginError
from ccm_core.plugins.catalog import Catalog, Offers, Plugin
from ccm_core.plugins.discovery import InstalledPlugin
from ccm_core.plugins.name_conflicts import refuse_clashes
from ccm_core.sdk.report_figures import ReportSection
from ccm_core.sdk.types import Connector, EvidenceKind, RulePackSource, View

if TYPE_CHECKING:
    import pluggy

Offered = TypeVar("Offered", Connector, EvidenceKind, RulePackSource, View, ReportSection)

_MOST = 10_000
"""How many things one hook may offer."""


def load(
    installed: Sequence[InstalledPlugin],
    *,
    require: Collection[str] = (),
    disable: Collection[str] = (),
) -> Catalog:
    """Load plugins and give what they offer.

    Args:
        installed: What discovery found.
        require: Names of plugins that must be there and load.
        disable: Names of plugins that are not to be loaded.

    Raises:
        PluginError: Two plugins have one name or offer one name, or a required one is missing.
    """
    manager = _manager()
    plugins = tuple(
        _described(one, disabled=True) if one.name in disable else _loaded(manager, one)
        for one in sorted(installed, key=lambda one: (one.name, one.distribution))
    )
    refuse_clashes(plugins)
    _demand(require, plugins)
    offers = [plugin.offers for plugin in plugins]
    return Catalog(
        plugins=plugins,
        connectors=_by_name(one for offer in offers for one in offer.connectors),
        kinds=_by_name(one for offer in offers for one in offer.kinds),
        views=_by_name(one for offer in offers for one in offer.views),
        packs=_by_name(one for offer in offers for one in offer.packs),
        sections=_by_name(one for offer in offers for one in offer.sections),
    )


def _manager() -> pluggy.PluginManager:
    import pluggy

    from ccm_core.sdk import hookspecs

    manager = pluggy.PluginManager(hookspecs.NAME)
    manager.add_hookspecs(hookspecs)
    return manager


def _loaded(manager: pluggy.PluginManager, installed: InstalledPlugin) -> Plugin:
    """Import, register and ask one plugin; whatever goes wrong is its failure, and only its."""
    module = None
    doing = "it cannot be imported"
    try:
        module = installed.entry_point.load()
        doing = "its hooks are not those of ccm"
        # Distributions may share a name; the manager must still tell them apart.
        manager.register(module, name=f"{installed.name} {installed.distribution}")
        manager.check_pending()
        doing = "what it offers cannot be used"
        return _described(installed, offers=_gathered(manager, module))
    except Exception as cause:  # noqa: BLE001 - a plugin may raise anything; Ctrl-C passes
        if module is not None and manager.is_registered(module):
            manager.unregister(module)
        # A module prints with the path of this machine's installation.
        text = str(cause).replace(repr(module), installed.entry_point.value)
        said = " ".join(f"{type(cause).__name__}: {text}".split())
        return _described(installed, failure=f"{doing}: {said}")


def _described(installed: InstalledPlugin, **became: Any) -> Plugin:
    return Plugin(
        name=installed.name,
        distribution=installed.distribution,
        version=installed.version,
        **became,
    )


def _gathered(manager: pluggy.PluginManager, module: object) -> Offers:
    hook = manager.hook
    return Offers(
        connectors=_asked(hook.ccm_connectors, module, Connector),
        kinds=_asked(hook.ccm_evidence_kinds, module, EvidenceKind),
        views=_asked(hook.ccm_views, module, View),
        packs=_asked(hook.ccm_rule_packs, module, RulePackSource),
        sections=_asked(hook.ccm_report_sections, module, ReportSection),
    )


def _asked(
    caller: pluggy.HookCaller, module: object, expected: type[Offered]
) -> tuple[Offered, ...]:
    """Ask one plugin through one hook, and check what comes back."""
    items: list[Offered] = []
    for implementation in caller.get_hookimpls():
        if implementation.plugin is module:
            if implementation.wrapper or implementation.hookwrapper:
                raise TypeError(f"{caller.name} is a wrapper; wanted a plain implementation")
            items.extend(_drained(caller.name, implementation.function(), expected))
    return tuple(sorted(items, key=lambda item: item.name))


def _drained(hook: str, answer: Any, expected: type[Offered]) -> Iterator[Offered]:
    """Give the items of an answer. A hook that is a generator runs only now."""
    if not isinstance(answer, Iterable):
        found = type(answer).__name__
        raise TypeError(f"{hook} gives a {found} back; wanted an iterable of {expected.__name__}")
    items = list(islice(answer, _MOST + 1))
    if len(items) > _MOST:
        raise ValueError(f"{hook} offers more than {_MOST} things")
    for item in items:
        if not isinstance(item, expected):
            raise TypeError(
                f"{hook} offers a {type(item).__name__}; wanted {expected.__name__} of the sdk"
            )
        if not isinstance(item.name, str) or not item.name:
            raise TypeError(f"{hook} offers a {expected.__name__} without a name")
        yield item


def _demand(require: Collection[str], plugins: Sequence[Plugin]) -> None:
    there = {plugin.name: plugin for plugin in plugins}
    missing = [_lacking(name, there.get(name)) for name in sorted(set(require))]
    if said := [one for one in missing if one]:
        raise PluginError("\n".join(said))


def _lacking(name: str, plugin: Plugin | None) -> str | None:
    wanted = f'plugin "{name}" is required by the settings (plugins.require)'
    if plugin is None:
        return (
            f"{wanted} and not installed; install its distribution, such as: pip install ccm-{name}"
        )
    if plugin.disabled:
        return f"{wanted} and disabled by them (plugins.disable); take it out of one of the two"
    if plugin.failure is not None:
        return (
            f"{wanted} and did not load: {plugin.failure}; install another version of "
            f"{plugin.distribution} (there is {plugin.version})"
        )
    return None


def _by_name(items: Iterator[Offered]) -> MappingProxyType[str, Offered]:
    return MappingProxyType({item.name: item for item in sorted(items, key=lambda item: item.name)})
