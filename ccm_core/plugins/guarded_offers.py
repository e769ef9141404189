"""What a plugin offers, with every function in it guarded and what it returns checked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import Any

from ccm_core.errors import PluginFault, UsageError
from ccm_core.plugins.catalog import Offers
from ccm_core.plugins.guard import (
    SESSION_ERRORS,
    Guard,
    PluginCall,
    guarded,
    guarded_coroutine,
)
from ccm_core.plugins.schema_marks import checked_schema
from ccm_core.plugins.view_rows import guarded_rows
from ccm_core.sdk.report_figures import Distribution, ReportSection, Table, Timeline
from ccm_core.sdk.secret import without_secrets
from ccm_core.sdk.simulation.page import PageSimulation, PageWalk
from ccm_core.sdk.types import (
    AuthMethod,
    Collector,
    Connector,
    CrossCheck,
    Demonstration,
    DemoSource,
    Diagnosis,
    EvidenceKind,
    Horizon,
    LookupOutcome,
    Page,
    Partitioning,
    RulePackSource,
    SchemaLoader,
    View,
)


def guarded_offers(offers: Offers, plugin: str, package: str) -> Offers:
    """Return the offers of a plugin with their functions guarded.

    Args:
        offers: As its hooks returned them.
        plugin: The plugin as people know it.
        package: The package its code is in.
    """
    call = partial(PluginCall, plugin=plugin, package=package)
    return Offers(
        connectors=tuple(_connector(connector, call) for connector in offers.connectors),
        kinds=tuple(_kind(kind, call) for kind in offers.kinds),
        views=tuple(_view(view, call) for view in offers.views),
        packs=tuple(_pack(pack, call) for pack in offers.packs),
        sections=tuple(_section(section, call) for section in offers.sections),
        page_simulations=tuple(_page(page, call) for page in offers.page_simulations),
    )


Call = Callable[..., PluginCall]


def _connector(connector: Connector, call: Call) -> Connector:
    name = f"connector {connector.name}"
    session = partial(call, may_raise=SESSION_ERRORS)
    diagnoses = _several(Diagnosis)
    look_up, diagnose = connector.look_up, connector.diagnose_failure
    review, chosen = connector.review_collections, connector.collectors_for
    return replace(
        connector,
        settings_schema=_schema(
            call(part=f"the settings schema of {name}"), connector.settings_schema
        ),
        auth_methods=tuple(_auth_method(method, name, call) for method in connector.auth_methods),
        connect=_connect(session(part=f"connect of {name}"), connector.connect),
        collectors=tuple(_collector(collector, call) for collector in connector.collectors),
        check=guarded_coroutine(session(part=f"check of {name}"), connector.check, diagnoses),
        horizon=guarded(
            call(part=f"horizon of {name}", may_raise=(ValueError, UsageError)),
            connector.horizon,
            _one(Horizon),
        ),
        demonstration=connector.demonstration
        and _demonstration(session(part=f"the demonstration of {name}"), connector.demonstration),
        cross_checks=tuple(
            _cross_check(check, call(part=f"a cross check of {name}"))
            for check in connector.cross_checks
        ),
        look_up=look_up
        and guarded_coroutine(session(part=f"look_up of {name}"), look_up, _one(LookupOutcome)),
        diagnose_failure=diagnose
        and guarded_coroutine(session(part=f"diagnose_failure of {name}"), diagnose, diagnoses),
        review_collections=review
        and guarded(call(part=f"review_collections of {name}"), review, diagnoses),
        collectors_for=chosen
        and guarded(
            call(part=f"collectors_for of {name}", may_raise=(UsageError,)),
            chosen,
            lambda returned: tuple(
                _collector(collector, call) for collector in _several(Collector)(returned)
            ),
        ),
    )


def _cross_check(check: CrossCheck, call: PluginCall) -> CrossCheck:
    """Guard a cross check; one that breaks shows nothing, so its kinds are not complete either."""
    contradictions = guarded(call, check.contradictions, _lines)

    def checked(*arguments: Any) -> tuple[str, ...]:
        try:
            found: tuple[str, ...] = contradictions(*arguments)
        except PluginFault as fault:
            return (str(fault),)
        return found

    return replace(check, contradictions=checked)


def _auth_method(method: AuthMethod, owner: str, call: Call) -> AuthMethod:
    if method.oauth is None:
        return method
    part = partial(call, may_raise=SESSION_ERRORS)
    oauth = method.oauth
    return replace(
        method,
        oauth=replace(
            oauth,
            provider=guarded(part(part=f"the OAuth provider of {owner}"), oauth.provider),
            scopes=guarded(part(part=f"the OAuth scopes of {owner}"), oauth.scopes),
            settings_from_identity=guarded(
                part(part=f"settings_from_identity of {owner}"),
                oauth.settings_from_identity,
                _one(dict),
            ),
        ),
    )


def _collector(collector: Collector, call: Call) -> Collector:
    part = partial(call, may_raise=SESSION_ERRORS)
    name = f"the collector of {collector.kind}"
    refresh, by_key, history = collector.refresh, collector.by_key, collector.history
    return replace(
        collector,
        collect=_events(part(part=name), collector.collect),
        refresh=refresh and _events(part(part=f"refresh of {name}"), refresh),
        by_key=by_key and _events(part(part=f"by_key of {name}"), by_key),
        history=history
        and replace(history, collect=_events(part(part=f"history of {name}"), history.collect)),
    )


def _kind(kind: EvidenceKind, call: Call) -> EvidenceKind:
    name = f"evidence kind {kind.name}"
    return replace(
        kind,
        schema=_schema(call(part=f"the schema of {name}"), kind.schema),
        owners=kind.owners and guarded(call(part=f"owners of {name}"), kind.owners, _texts),
    )


def _view(view: View, call: Call) -> View:
    name, partitions = f"view {view.name}", view.partitions
    return replace(
        view,
        rows=guarded_rows(call(part=name), view.rows, view.rows_of),
        schema=_schema(call(part=f"the schema of {name}"), view.schema),
        partitions=partitions
        and guarded(call(part=f"partitions of {name}"), partitions, _one(Partitioning)),
    )


def _schema(call: PluginCall, schema: SchemaLoader) -> SchemaLoader:
    """Guard the loader of a schema, which is asked for again and again: it is checked once."""
    return cache(guarded(call, schema, checked_schema))


def _pack(pack: RulePackSource, call: Call) -> RulePackSource:
    part = call(part=f"the text of rule pack {pack.name}")
    return replace(pack, text=guarded(part, pack.text, _one(bytes)))


def _section(section: ReportSection, call: Call) -> ReportSection:
    part = call(part=f"report section {section.name}")
    return replace(
        section, figures=guarded(part, section.figures, _several(Timeline, Distribution, Table))
    )


def _page(page: PageSimulation, call: Call) -> PageSimulation:
    part = call(part=f"page simulation {page.name}")
    return replace(page, walk=guarded(part, page.walk, _one(PageWalk)))


# -- what runs for longer than one call -------------------------------------------------------


def _connect(call: PluginCall, connect: Callable[..., Any]) -> Callable[..., Any]:
    @asynccontextmanager
    async def opened(request: Any) -> AsyncIterator[Any]:
        with Guard(call, getattr(connect, "__code__", None)):
            manager = connect(request)
            session = await manager.__aenter__()
        error: tuple[Any, Any, Any] = (None, None, None)
        try:
            yield session
        except BaseException as cause:
            error = (type(cause), cause, cause.__traceback__)
            raise
        finally:
            with Guard(call):
                await manager.__aexit__(*error)

    return opened


def _events(call: PluginCall, collect: Callable[..., Any]) -> Callable[..., Any]:
    async def events(session: Any, request: Any) -> AsyncIterator[Any]:
        with Guard(call, getattr(collect, "__code__", None)):
            source = aiter(collect(session, request))
        try:
            while True:
                with Guard(call):
                    try:
                        event = await anext(source)
                    except StopAsyncIteration:
                        return
                yield _without_secrets(event)
        finally:
            if close := getattr(source, "aclose", None):
                with Guard(call):
                    await close()

    return events


def _without_secrets(event: Any) -> Any:
    """Blank the secrets in what is written for people; the objects of a page stay as they are."""
    if isinstance(event, Page):
        request = without_secrets(event.request)
        return event if request is event.request else replace(event, request=request)
    return without_secrets(event)


def _demonstration(call: PluginCall, demonstration: Demonstration) -> Demonstration:
    open_past = demonstration.open_past
    return replace(
        demonstration,
        open=lambda: _demo_source(call, demonstration.open),
        open_past=open_past and (lambda days: _demo_source(call, partial(open_past, days))),
    )


@contextmanager
def _demo_source(
    call: PluginCall, opened: Callable[[], AbstractContextManager[DemoSource]]
) -> Iterator[DemoSource]:
    with Guard(call):
        manager = opened()
        source = _one(DemoSource)(manager.__enter__())
    try:
        yield source
    finally:
        with Guard(call):
            manager.__exit__(None, None, None)


# -- what is returned -------------------------------------------------------------------------


def _one(expected: type[Any]) -> Callable[[Any], Any]:
    def check(returned: Any) -> Any:
        if not isinstance(returned, expected):
            got = type(returned).__name__
            raise TypeError(f"it returned a {got}; expected {expected.__name__}")
        return returned

    return check


def _several(*expected: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    names = " or ".join(known.__name__ for known in expected)

    def check(returned: Any) -> tuple[Any, ...]:
        if not isinstance(returned, Iterable):
            got = type(returned).__name__
            raise TypeError(f"it returned a {got}; expected an iterable of {names}")
        several = tuple(returned)
        for one in several:
            if not isinstance(one, expected):
                raise TypeError(f"it returned a {type(one).__name__} among them; expected {names}")
        return several

    return check


def _lines(returned: Any) -> tuple[str, ...]:
    if isinstance(returned, str):
        raise TypeError("it returned a str; expected several texts")
    return _several(str)(returned)


def _texts(returned: Any) -> tuple[str, ...]:
    is_right = isinstance(returned, tuple) and all(isinstance(text, str) for text in returned)
    if not is_right:
        raise TypeError(f"it returned a {type(returned).__name__}; expected a tuple of texts")
    texts: tuple[str, ...] = returned
    return texts
