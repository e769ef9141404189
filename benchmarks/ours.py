"""Our side: collect kinds of a simulated account into a store on disk, as ``ccm collect`` does."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from measured import measured

from ccm_core.cli.context import host_of
from ccm_core.collect.interface import Silence
from ccm_core.config.defaults import with_defaults
from ccm_core.host.discovery import discover
from ccm_core.host.loader import load
from ccm_core.model.json import digest, encode
from ccm_core.model.manifest import Manifest
from ccm_core.pipeline import Connection, Host, collect
from ccm_core.sdk.secret import Secret
from ccm_core.store.interface import StoreSettings


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
    settings = {name: value for name, value in wanted.items() if name in known}
    if left := sorted(wanted.keys() - known.keys()):
        found["note"] = f"no setting {', '.join(left)} yet"
    if asked.kinds:
        kinds = {f"pagerduty.{name}" for name in asked.kinds.split(",")}
        connector = replace(
            connector,
            collectors=tuple(one for one in connector.collectors if one.kind in kinds),
        )
    connection = Connection(
        name="benchmark",
        connector=connector,
        settings=with_defaults(settings, connector.settings_schema()),
        auth_method="api_key",
        secrets={"key": Secret(asked.key)},
        settings_digest=digest(encode(settings)),
    )
    return host_of(catalog), connection


def _collected(host: Host, connection: Connection, path: Path) -> Manifest:
    from ccm_core.store.open import open_store

    store = open_store(StoreSettings(url=f"sqlite:///{path.name}"), base=path.parent)
    try:
        return collect(host, connection, store, Silence())
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
    return parser


if __name__ == "__main__":
    sys.exit(main())
