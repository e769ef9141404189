"""Loading plugins, one by one: the only door to pluggy's plugin manager.

A plugin that fails, in whatever way, stays in the catalog with the reason and offers nothing; the
others load as usual.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from inspect import isfunction
from itertools import islice
from traceback import format_exception
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from ccm_core.errors import PluginError
from ccm_core.plugins.catalog import Catalog, Offers, Plugin
from ccm_core.plugins.discovery import InstalledPlugin
from ccm_core.plugins.field_types import require_field_types
from ccm_core.plugins.guard import in_plugin, place_of_fault, text_of
from ccm_core.plugins.guarded_offers import guarded_offers
from ccm_core.plugins.name_conflicts import require_unique_names
from ccm_core.plugins.renamed_names import renamed_names_in
from ccm_core.sdk.report_figures import ReportSection
from ccm_core.sdk.simulation.page import PageSimulation
from ccm_core.sdk.types import Connector, EvidenceKind, RulePackSource, View

if TYPE_CHECKING:
    import pluggy

Offer = TypeVar(
    "Offer", Connector, EvidenceKind, RulePackSource, View, ReportSection, PageSimulation
)

_MAX_OFFERS = 10_000
"""How many offers one hook may return."""


def load(
    installed: Sequence[InstalledPlugin],
    *,
    require: Collection[str] = (),
    disable: Collection[str] = (),
) -> Catalog:
    """Load plugins and return the catalog of what they offer.

    Args:
        installed: The plugins that discovery returned.
        require: Names of plugins that must be installed and load.
        disable: Names of plugins that are not to be loaded.

    Raises:
        PluginError: Two plugins have one name or offer one name, or a required one is missing.
    """
    manager = _plugin_manager()
    plugins = tuple(
        _plugin(entry, disabled=True) if entry.name in disable else _load_plugin(manager, entry)
        for entry in sorted(installed, key=lambda entry: (entry.name, entry.distribution))
    )
    require_unique_names(plugins)
    _require_plugins(require, plugins)
    offers = [plugin.offers for plugin in plugins]
    return Catalog(
        plugins=plugins,
        connectors=_by_name(connector for offer in offers for connector in offer.connectors),
        kinds=_by_name(kind for offer in offers for kind in offer.kinds),
        views=_by_name(view for offer in offers for view in offer.views),
        packs=_by_name(pack for offer in offers for pack in offer.packs),
        sections=_by_name(section for offer in offers for section in offer.sections),
        page_simulations=_by_name(page for offer in offers for page in offer.page_simulations),
    )


def _plugin_manager() -> pluggy.PluginManager:
    import pluggy

    from ccm_core.sdk import hookspecs

    manager = pluggy.PluginManager(hookspecs.NAME)
    manager.add_hookspecs(hookspecs)
    return manager


def _load_plugin(manager: pluggy.PluginManager, installed: InstalledPlugin) -> Plugin:
    """Import and register one plugin and call its hooks; whatever it raises is its failure."""
    module = None
    problem = "it cannot be imported"
    token = in_plugin.set(True)
    try:
        module = installed.entry_point.load()
        problem = "its hooks are not those of ccm"
        _require_marked_hooks(module)
        # Distributions may share a name; the manager must still tell them apart.
        manager.register(module, name=f"{installed.name} {installed.distribution}")
        manager.check_pending()
        problem = "what it offers cannot be used"
        offers = _offers(manager, module)
        require_field_types(offers)
        label = str(_plugin(installed))
        return _plugin(installed, offers=guarded_offers(offers, label, _package(installed)))
    except KeyboardInterrupt:
        raise
    except BaseException as cause:  # noqa: BLE001 - a plugin may raise anything, SystemExit too
        if module is not None and manager.is_registered(module):
            manager.unregister(module)
        return _plugin(installed, failure=f"{problem}: {_failure(installed, module, cause)}")
    finally:
        in_plugin.reset(token)


def _package(installed: InstalledPlugin) -> str:
    return installed.entry_point.module.partition(".")[0]


def _require_marked_hooks(module: object) -> None:
    """Require the mark of a hook on every function that is named like one.

    Raises:
        TypeError: One has none, so that it would be ignored.
    """
    from ccm_core.sdk.hookspecs import NAME

    own = getattr(module, "__name__", None)
    for name, member in sorted(vars(module).items() if hasattr(module, "__dict__") else ()):
        is_named = name.startswith(f"{NAME}_") and isfunction(member) and member.__module__ == own
        if is_named and not hasattr(member, f"{NAME}_impl"):
            place = (
                f"{member.__code__.co_filename.rpartition('/')[2]}:{member.__code__.co_firstlineno}"
            )
            raise TypeError(
                f"{name} ({place}) is not marked as a hook; write @hookimpl of "
                "ccm_core.sdk.hookspecs above it"
            )


def _failure(installed: InstalledPlugin, module: object, cause: BaseException) -> str:
    # A module prints with the path of this machine's installation.
    text = text_of(cause).replace(repr(module), installed.entry_point.value)
    place = place_of_fault(cause, _package(installed))
    where = f" ({place})" if place else ""
    failure = " ".join(f"{type(cause).__name__}: {text}".rstrip(": ").split()) + where
    logging.getLogger(__name__).debug("%s", "".join(format_exception(cause)))
    renamed: tuple[str, ...] = ()
    if isinstance(cause, ImportError | AttributeError | TypeError):
        renamed = renamed_names_in(installed.entry_point.module)
    if not renamed:
        return failure
    return (
        f"{failure}. It was written for another version of the sdk: {'; '.join(renamed)}. Install "
        f"a version of {installed.distribution} for this version of ccm, or change these names"
    )


def _plugin(installed: InstalledPlugin, **state: Any) -> Plugin:
    return Plugin(
        name=installed.name,
        distribution=installed.distribution,
        version=installed.version,
        **state,
    )


def _offers(manager: pluggy.PluginManager, module: object) -> Offers:
    hook = manager.hook
    return Offers(
        connectors=_call_hook(hook.ccm_connectors, module, Connector),
        kinds=_call_hook(hook.ccm_evidence_kinds, module, EvidenceKind),
        views=_call_hook(hook.ccm_views, module, View),
        packs=_call_hook(hook.ccm_rule_packs, module, RulePackSource),
        sections=_call_hook(hook.ccm_report_sections, module, ReportSection),
        page_simulations=_call_hook(hook.ccm_page_simulations, module, PageSimulation),
    )


def _call_hook(
    caller: pluggy.HookCaller, module: object, expected: type[Offer]
) -> tuple[Offer, ...]:
    """Call one hook of one plugin, and check what it returns."""
    offers: list[Offer] = []
    for implementation in caller.get_hookimpls():
        if implementation.plugin is module:
            if implementation.wrapper or implementation.hookwrapper:
                raise TypeError(f"{caller.name} is a wrapper; expected a plain implementation")
            offers.extend(_checked_offers(caller.name, implementation.function(), expected))
    return tuple(sorted(offers, key=lambda offer: offer.name))


def _checked_offers(hook: str, returned: Any, expected: type[Offer]) -> Iterator[Offer]:
    """Yield what a hook returned. One that is a generator runs only now."""
    if not isinstance(returned, Iterable):
        got = type(returned).__name__
        raise TypeError(f"{hook} returns a {got}; expected an iterable of {expected.__name__}")
    offers = list(islice(returned, _MAX_OFFERS + 1))
    if len(offers) > _MAX_OFFERS:
        raise ValueError(f"{hook} returns more than {_MAX_OFFERS} offers")
    for offer in offers:
        if not isinstance(offer, expected):
            raise TypeError(
                f"{hook} offers a {type(offer).__name__}; expected {expected.__name__} of the sdk"
            )
        if not isinstance(offer.name, str) or not offer.name:
            raise TypeError(f"{hook} offers a {expected.__name__} without a name")
        yield offer


def _require_plugins(require: Collection[str], plugins: Sequence[Plugin]) -> None:
    by_name = {plugin.name: plugin for plugin in plugins}
    problems = [_missing_plugin(name, by_name.get(name)) for name in sorted(set(require))]
    if messages := [message for message in problems if message]:
        raise PluginError("\n".join(messages))


def _missing_plugin(name: str, plugin: Plugin | None) -> str | None:
    required = f'plugin "{name}" is required by the settings (plugins.require)'
    if plugin is None:
        return (
            f"{required} and not installed; install its distribution, such as: "
            f"pip install ccm-{name}"
        )
    if plugin.disabled:
        return f"{required} and disabled by them (plugins.disable); remove it from one of the two"
    if plugin.failure is not None:
        return (
            f"{required} and did not load: {plugin.failure}; install another version of "
            f"{plugin.distribution} (installed: {plugin.version})"
        )
    return None


def _by_name(offers: Iterator[Offer]) -> MappingProxyType[str, Offer]:
    ordered = sorted(offers, key=lambda offer: offer.name)
    return MappingProxyType({offer.name: offer for offer in ordered})
