"""Validates a draft against the installed connectors, and freezes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from ccm_core.config.audit_settings import read_audit
from ccm_core.config.connection_settings import read_connection
from ccm_core.config.finding_settings import read_findings
from ccm_core.config.framework_settings import read_frameworks
from ccm_core.config.identity_settings import read_identity_providers
from ccm_core.config.notify_settings import read_notify
from ccm_core.config.people_settings import read_people
from ccm_core.config.rule_choice_settings import read_rule_choices
from ccm_core.config.settings import (
    RulesSettings,
    Settings,
    StoreSettings,
    VaultSettings,
    WebSettings,
)
from ccm_core.config.settings_reader import SettingsDraft
from ccm_core.config.ticket_settings import read_tickets
from ccm_core.config.web.sign_in_settings import read_sign_in
from ccm_core.errors import DocumentError
from ccm_core.model.evaluation.rule_choices import RuleChoices
from ccm_core.sdk.types import Connector

VAULT = "ccm.vault"
"""The default vault file, in the settings file's folder."""


def validate(draft: SettingsDraft, connectors: Mapping[str, Connector], today: date) -> Settings:
    """Return the settings of a draft.

    Args:
        draft: What the file has.
        connectors: Those that are installed, by name.
        today: The day in UTC, for what is accepted up to a day.

    Raises:
        DocumentError: There are mistakes; it has all of them, those of the draft included.
        PluginError: A connector's own schema is invalid.
    """
    mistakes = list(draft.mistakes)
    connections = [
        read_connection(draft.document, index, section, connectors, mistakes, today)
        for index, section in draft.connections()
    ]
    findings = read_findings(draft.document, mistakes)
    audit = read_audit(draft.document, mistakes)
    frameworks = read_frameworks(draft.document, draft.base, mistakes)
    people = read_people(draft.document, draft.base, mistakes)
    providers = read_identity_providers(draft.document, draft.base, mistakes)
    scopes = sorted(
        (one.scope for one in frameworks if one.scope is not None), key=lambda one: one.framework
    )
    choices = replace(
        read_rule_choices(draft.document, people, today, mistakes), scopes=tuple(scopes)
    )
    notify = read_notify(draft.document, draft.base, mistakes)
    tickets = read_tickets(draft.document, mistakes)
    sign_in = read_sign_in(draft.document, today, mistakes)
    if mistakes:
        raise DocumentError(dict.fromkeys(mistakes))
    return Settings(
        document=draft.document,
        base=draft.base,
        store=_store(draft),
        vault=VaultSettings(path=vault_path(draft)),
        connections=tuple(connection for connection in connections if connection is not None),
        rules=_rules(draft, choices),
        plugins=draft.plugins,
        findings=findings,
        audit=audit,
        frameworks=frameworks,
        people=people,
        identity_providers=providers,
        notify=notify,
        tickets=tickets,
        web=WebSettings(
            allowed_hosts=tuple(draft.document.get(("web", "allowed_hosts"), ())), sign_in=sign_in
        ),
    )


def vault_path(draft: SettingsDraft) -> Path:
    """Return the vault file of a settings file."""
    return draft.base / str(draft.document.get(("vault", "path"), VAULT))


def _store(draft: SettingsDraft) -> StoreSettings:
    section = draft.document.get(("store",), {})
    options = {key: str(value) for key, value in section.get("options", {}).items()}
    url: dict[str, Any] = {"url": section["url"]} if "url" in section else {}
    return StoreSettings(**url, options=options)


def _rules(draft: SettingsDraft, choices: RuleChoices) -> RulesSettings:
    section = draft.document.get(("rules",), {})
    waivers = section.get("waivers")
    return RulesSettings(
        packs=tuple(section.get("packs", ())),
        parameters=section.get("parameters", {}),
        waivers=draft.base / waivers if waivers else None,
        accept_unsigned=section.get("unsigned_waivers") == "accept",
        choices=choices,
        frameworks=tuple(section.get("frameworks", ())),
    )
