"""Checks a draft against the connectors that are installed, and freezes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ccm_core.config.connection_settings import read_connection
from ccm_core.config.notify_settings import read_notify
from ccm_core.config.raw_settings import SettingsDraft
from ccm_core.config.settings import (
    RulesSettings,
    Settings,
    StoreSettings,
    VaultSettings,
)
from ccm_core.errors import DocumentError
from ccm_core.sdk.types import Connector

VAULT = "ccm.vault"
"""The vault's file where the settings name none, in the settings file's folder."""


def complete(draft: SettingsDraft, connectors: Mapping[str, Connector]) -> Settings:
    """Give the settings of a draft.

    Raises:
        DocumentError: There are mistakes; all of them are told, those of the draft included.
        PluginError: A connector's own description of its settings is broken.
    """
    mistakes = list(draft.mistakes)
    connections = [
        read_connection(draft.document, index, written, connectors, mistakes)
        for index, written in draft.connections()
    ]
    notify = read_notify(draft.document, draft.base, mistakes)
    if mistakes:
        raise DocumentError(dict.fromkeys(mistakes))
    return Settings(
        document=draft.document,
        base=draft.base,
        store=_store(draft),
        vault=VaultSettings(path=vault_path(draft)),
        connections=tuple(one for one in connections if one is not None),
        rules=_rules(draft),
        plugins=draft.plugins,
        notify=notify,
    )


def vault_path(draft: SettingsDraft) -> Path:
    """Say where the vault of a settings file is."""
    return draft.base / str(draft.document.get(("vault", "path"), VAULT))


def _store(draft: SettingsDraft) -> StoreSettings:
    written = draft.document.get(("store",), {})
    options = {key: str(value) for key, value in written.get("options", {}).items()}
    given: dict[str, Any] = {"url": written["url"]} if "url" in written else {}
    return StoreSettings(**given, options=options)


def _rules(draft: SettingsDraft) -> RulesSettings:
    written = draft.document.get(("rules",), {})
    waivers = written.get("waivers")
    return RulesSettings(
        packs=tuple(written.get("packs", ())),
        parameters=written.get("parameters", {}),
        waivers=draft.base / waivers if waivers else None,
    )
