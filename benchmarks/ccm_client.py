"""Our side: collect kinds of a simulated account into a store on disk, as ``ccm collect`` does."""

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

from measured import measured

from ccm_core.collect.observer import NullObserver
from ccm_core.config.schema_defaults import with_defaults
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.json_codec import digest, encode
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
    """Collect, and say what is in the manifest."""
    asked = _parser().parse_args()
    with measured() as found:
        host, connection = _connection(asked, found)
        manifest = _collected(host, connection, Path(asked.store))
        found.update(_said(manifest))
    return 0


def _connection(asked: argparse.Namespace, found: dict[str, Any]) -> tuple[Host, Connection]:
    catalog = load(discover())
    connector = catalog.connectors["pagerduty"]
    wanted = {"base_url": asked.url, "lookback": "30d", **json.loads(asked.settings)}
    known = connector.settings_schema()["properties"]
    given = {name: value for name, value in wanted.items() if name in known}
    if left := sorted(wanted.keys() - known.keys()):
        found["note"] = f"no setting {', '.join(left)} yet"
    settings = with_defaults(given, connector.settings_schema())
    if asked.kinds:
        connector = _only(connector, asked.kinds.split(","), settings)
    if asked.unpaced:
        connector = replace(connector, connect=_unpaced(connector.connect))
    connection = Connection(
        name="benchmark",
        connector=connector,
        settings=settings,
        auth_method="api_key",
        secrets={"key": Secret(asked.key)},
        settings_digest=digest(encode(given)),
    )
    later = timedelta(minutes=asked.later)
    host = Host(
        version=version("ccm-core"),
        kinds=catalog.kinds,
        views=catalog.views,
        plugins=catalog.versions(),
        clock=lambda: datetime.now(UTC) + later,
    )
    return host, connection


def _only(connector: Connector, kinds: Sequence[str], settings: JsonObject) -> Connector:
    """Leave a connector the collectors of some kinds."""
    names = {f"pagerduty.{kind}" for kind in kinds}
    chosen = tuple(one for one in connector.selected_collectors(settings) if one.kind in names)
    return replace(connector, collectors=chosen, collectors_for=None)


def _unpaced(connect: Connect) -> Connect:
    """Let as many requests through as the account takes: only to fill a store soon."""

    class Unpaced(Limiters):
        def limiter_for(self, name: str, per_minute: int) -> Limiter:
            return super().limiter_for(name, per_minute * 10_000)

    return lambda request: connect(replace(request, limiters=Unpaced()))


def _collected(host: Host, connection: Connection, path: Path) -> Manifest:
    from ccm_core.store.sqlite.open import open_store

    store = open_store(StoreLocation(url=f"sqlite:///{path.name}"), base=path.parent)
    try:
        return asyncio.run(collect(host, connection, store, NullObserver()))
    finally:
        store.close()


def _said(manifest: Manifest) -> dict[str, Any]:
    outcomes = {str(one.outcome) for one in manifest.collections}
    shortfalls = [
        {"reason": str(one.reason), "missing": one.missing, "detail": one.detail}
        for collection in manifest.collections
        for one in collection.shortfalls
    ]
    items: dict[str, int] = {}
    for one in manifest.collections:
        kept = one.counts.appended + one.counts.unchanged
        items[one.kind] = items.get(one.kind, 0) + kept
    return {
        "items": items,
        "outcomes": sorted(outcomes),
        "shortfalls": shortfalls[:5],
        "waited": sum(one.counts.waited for one in manifest.collections),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--store", required=True, help="the file; it may exist")
    parser.add_argument("--kinds", default="", help="such as incident,team; none: every kind")
    parser.add_argument("--settings", default="{}", help="JSON; what is not known is left out")
    parser.add_argument("--later", type=float, default=0.0, help="minutes to set the clock ahead")
    parser.add_argument("--unpaced", action="store_true", help="without our own pacing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
