"""The client ccm: collect kinds of a simulated account into a store on disk, as ``ccm collect``."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

from measurement import measured

from ccm_core.collect.observer import NullObserver
from ccm_core.config.schema_defaults import with_defaults
from ccm_core.model.digest import digest
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.json_codec import encode
from ccm_core.pipeline.collect import collect
from ccm_core.pipeline.context import Connection, Host
from ccm_core.plugins.discovery import discover
from ccm_core.plugins.loader import load
from ccm_core.sdk.rate_limit import Limiter, Limiters
from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import Connector, ConnectRequest, JsonObject
from ccm_core.store.interface.location import StoreLocation

Connect: TypeAlias = Callable[[ConnectRequest], AbstractAsyncContextManager[Any]]


def main() -> int:
    """Collect, and report the figures of the manifest."""
    options = parser().parse_args()
    with measured() as report:
        host, connection = host_and_connection(options, report)
        manifest = _collect(host, connection, Path(options.store))
        report.update(_figures(manifest))
    return 0


def host_and_connection(
    options: argparse.Namespace, report: dict[str, Any]
) -> tuple[Host, Connection]:
    """Return the installed host, and the connection that the options describe."""
    catalog = load(discover())
    connector = catalog.connectors["pagerduty"]
    requested = {"base_url": options.url, "lookback": "30d", **json.loads(options.settings)}
    supported = connector.settings_schema()["properties"]
    explicit = {name: value for name, value in requested.items() if name in supported}
    if unsupported := sorted(requested.keys() - supported.keys()):
        report["note"] = f"no setting {', '.join(unsupported)} yet"
    settings = with_defaults(explicit, connector.settings_schema())
    if options.kinds:
        connector = _with_kinds(connector, options.kinds.split(","), settings)
    if options.unpaced:
        connector = replace(connector, connect=_unpaced(connector.connect))
    connection = Connection(
        name="benchmark",
        connector=connector,
        settings=settings,
        auth_method="api_key",
        secrets={"key": Secret(options.key)},
        settings_digest=digest(encode(explicit)),
    )
    offset = timedelta(minutes=options.later)
    host = Host(
        version=version("ccm-core"),
        kinds=catalog.kinds,
        views=catalog.views,
        plugins=catalog.versions(),
        clock=lambda: datetime.now(UTC) + offset,
    )
    return host, connection


def _with_kinds(connector: Connector, kinds: Sequence[str], settings: JsonObject) -> Connector:
    """Return a connector with the collectors of some kinds."""
    names = {f"pagerduty.{kind}" for kind in kinds}
    collectors = tuple(
        collector
        for collector in connector.selected_collectors(settings)
        if collector.kind in names
    )
    return replace(connector, collectors=collectors, collectors_for=None)


def _unpaced(connect: Connect) -> Connect:
    """Return a connect without a rate limit of its own: only to fill a store quickly."""

    class Unpaced(Limiters):
        def limiter_for(self, name: str, per_minute: int) -> Limiter:
            return super().limiter_for(name, per_minute * 10_000)

    return lambda request: connect(replace(request, limiters=Unpaced()))


def _collect(host: Host, connection: Connection, path: Path) -> Manifest:
    from ccm_core.store.sqlite.open import open_store

    store = open_store(StoreLocation(url=f"sqlite:///{path.name}"), base=path.parent)
    try:
        return asyncio.run(collect(host, connection, store, NullObserver()))
    finally:
        store.close()


def _figures(manifest: Manifest) -> dict[str, Any]:
    items: dict[str, int] = {}
    for collection in manifest.collections:
        counts = collection.counts
        total = items.get(collection.kind, 0) + counts.appended + counts.unchanged
        items[collection.kind] = total
    shortfalls = [
        {
            "reason": str(shortfall.reason),
            "missing": shortfall.missing,
            "detail": shortfall.detail,
        }
        for collection in manifest.collections
        for shortfall in collection.shortfalls
    ]
    return {
        "items": items,
        "outcomes": sorted({str(collection.outcome) for collection in manifest.collections}),
        "shortfalls": shortfalls[:5],
        "waited": sum(collection.counts.waited for collection in manifest.collections),
    }


def parser() -> argparse.ArgumentParser:
    """Return the parser of the options."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--url", required=True)
    options.add_argument("--key", required=True)
    options.add_argument("--store", required=True, help="the file; it may exist")
    options.add_argument("--kinds", default="", help="such as incident,team; none: every kind")
    options.add_argument("--settings", default="{}", help="JSON; unsupported settings are ignored")
    options.add_argument("--later", type=float, default=0.0, help="minutes to set the clock ahead")
    options.add_argument("--unpaced", action="store_true", help="without a rate limit of our own")
    return options


if __name__ == "__main__":
    sys.exit(main())
