"""Run by test_exported_bytes.py: collects a simulated account once, until it is done or killed."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ccm_pagerduty.connector import connector
from ccm_pagerduty.kinds import kinds

from ccm_core.collect.observer import NullObserver
from ccm_core.config.schema_defaults import with_defaults
from ccm_core.pipeline.collect import collect
from ccm_core.pipeline.context import Connection, Host
from ccm_core.sdk.secret import Secret
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store


def main(base_url, folder, days, now):
    """Collect events in windows of so many days, as of a moment."""
    described = connector()
    longest = timedelta(days=int(days))

    def chosen(settings):
        collectors = described.selected_collectors(settings)
        return tuple(
            replace(one, longest_window=one.longest_window and longest) for one in collectors
        )

    settings = {"base_url": base_url, "share": 1}
    connection = Connection(
        name="simulated",
        connector=replace(described, collectors=chosen({}), collectors_for=chosen),
        settings=with_defaults(settings, described.settings_schema()),
        auth_method="api_key",
        secrets={"key": Secret(os.environ["PD_KEY"])},
        settings_digest="sha256:0",
    )
    moment = datetime.fromtimestamp(int(now), UTC)
    host = Host(
        version="1",
        kinds={kind.name: kind for kind in kinds()},
        views={},
        plugins=(),
        clock=lambda: moment,
    )
    store = open_store(StoreLocation(url="sqlite:///ccm.db"), base=Path(folder))
    asyncio.run(collect(host, connection, store, NullObserver()))
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
