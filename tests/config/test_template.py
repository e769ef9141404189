"""The settings file that ``ccm init`` writes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ccm_core.config.settings_reader import read_settings
from ccm_core.config.settings_validation import validate
from ccm_core.config.template import template

TODAY = date(2026, 11, 23)


def test_template_is_a_valid_settings_file(connectors):
    """What is written for a connector reads back as it stands, comments and all."""
    text = template(connectors.values(), ["readiness", "access"])

    settings = validate(read_settings(text.encode(), "ccm.yaml", base=Path()), connectors, TODAY)

    assert [one.name for one in settings.connections] == ["acme-prod"]
    assert settings.rules.packs == ("access", "readiness")
    assert "  # The example of acme.\n  - name: acme-prod\n    connector: acme\n" in text


def test_template_without_plugins_is_a_valid_settings_file(make_connector):
    """Without a connector, or with one that gives no example, there are no connections."""
    for connectors in ({}, {"acme": make_connector(example="")}):
        text = template(connectors.values(), [])
        settings = validate(
            read_settings(text.encode(), "ccm.yaml", base=Path()), connectors, TODAY
        )
        assert settings.connections == ()
