"""Judging: rules over the evidence that is kept. No source is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from ccm_core.model.json import JsonObject
from ccm_core.model.result import Evaluation
from ccm_core.model.waiver import Waiver
from ccm_core.pipeline.parties import Connection, Host
from ccm_core.rules.compiled import CompiledPacks
from ccm_core.rules.compiler import SettingMistake
from ccm_core.rules.evaluator import evaluate as judge
from ccm_core.rules.facts import Evidence
from ccm_core.rules.interface import PackText, Source
from ccm_core.rules.packs import compile_packs, setting_mistake
from ccm_core.sdk.types import Row
from ccm_core.store.interface import EvidenceStore


def compile_rules(
    host: Host,
    packs: Sequence[PackText],
    parameters: JsonObject,
    mistake: SettingMistake = setting_mistake,
) -> CompiledPacks:
    """Compile rule packs against the kinds and views that are installed.

    Raises:
        DocumentError: A pack or a parameter has mistakes; all of them are told.
    """
    sources = [
        Source(name=kind.name, inputs=(kind.name,), schema=kind.schema)
        for kind in host.kinds.values()
    ] + [
        Source(name=view.name, inputs=view.inputs, schema=view.schema)
        for view in host.views.values()
    ]
    return compile_packs(packs, sources, parameters=parameters, mistake=mistake)


def evaluate(
    host: Host,
    connections: Sequence[Connection],
    store: EvidenceStore,
    packs: CompiledPacks,
    waivers: Sequence[Waiver] = (),
    *,
    as_of: datetime | None = None,
) -> Evaluation:
    """Judge the kept evidence. No source is asked.

    Args:
        host: Who we are.
        connections: Whose evidence to judge.
        store: Where it is kept.
        packs: What must hold.
        waivers: What may fail for a while.
        as_of: Judge what had been kept by that moment, as of that moment; None: by now.
    """
    now = as_of or host.clock()
    facts = [
        _evidence(host, one, store, as_of).facts(packs, host.plugin_failures) for one in connections
    ]
    return judge(packs, facts, waivers, now=now)


def rows(
    host: Host,
    connection: Connection,
    store: EvidenceStore,
    name: str,
    *,
    as_of: datetime | None = None,
) -> tuple[Row, ...]:
    """Give the rows of a kind or a view of one connection."""
    return _evidence(host, connection, store, as_of).rows(name)


def _evidence(
    host: Host, connection: Connection, store: EvidenceStore, as_of: datetime | None
) -> Evidence:
    now = as_of or host.clock()
    return Evidence(
        connection=connection.name,
        kinds={one.kind: host.kinds[one.kind] for one in connection.collectors},
        refreshed=frozenset(one.kind for one in connection.collectors if one.refresh),
        views=host.views,
        cadences=connection.cadences,
        load=cache(lambda kind: tuple(store.state(connection.name, kind, as_of=as_of))),
        collections=store.collections(connection.name, as_of=as_of),
        now=now,
        horizon=connection.horizon(now),
    )
