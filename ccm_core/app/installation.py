"""What is installed: the plugins that were found, this version, and the machine's clock."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path

from ccm_core.config.locate import find
from ccm_core.config.settings_reader import load_settings
from ccm_core.errors import UsageError
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.manifest_evidence import manifest_kind
from ccm_core.plugins.catalog import Catalog
from ccm_core.plugins.discovery import discover
from ccm_core.plugins.loader import load


def clock() -> datetime:
    """Return the time of the machine's clock, which is read nowhere else."""
    return datetime.now(UTC)


@cache  # of one process; each reading parses the metadata with the whole page about ccm
def host_version() -> str:
    """Return the version of ccm that is installed."""
    return metadata.version("ccm-core")


def build_host(catalog: Catalog) -> Host:
    """Return the host of some plugins: their kinds, views and sections, and the clock."""
    manifest_kinds = map(manifest_kind, catalog.connectors)
    return Host(
        version=host_version(),
        kinds={**catalog.kinds, **{kind.name: kind for kind in manifest_kinds}},
        views=catalog.views,
        plugins=catalog.versions(),
        clock=clock,
        sections=catalog.sections,
        change_trails={
            name: connector.change_trail
            for name, connector in catalog.connectors.items()
            if connector.change_trail is not None
        },
    )


def all_plugins() -> Catalog:
    """Load every plugin that is installed, whatever the settings say of it.

    Raises:
        PluginError: Plugins clash.
    """
    return load(discover())


def configured_plugins(settings_file: Path | None) -> Catalog:
    """Load the plugins as the settings require or disable them, where there are settings.

    Raises:
        UsageError: The settings file that was named cannot be read.
        PluginError: Plugins clash, or a required one is missing.
    """
    try:
        path = find(settings_file, environment=os.environ, folder=Path())
    except UsageError:
        if settings_file is not None or "CCM_CONFIG" in os.environ:
            raise
        return all_plugins()
    plugins = load_settings(path).plugins
    return load(discover(), require=plugins.require, disable=plugins.disable)
