"""Discovering plugins."""

from __future__ import annotations

import sys


def test_plugins_are_found_without_importing_them(install):
    """Name, distribution and version come from metadata, sorted, and nothing is imported."""
    plugins = install("wrong_type", "twin", "import_error", "good")

    assert [(plugin.name, plugin.distribution, plugin.version) for plugin in plugins] == [
        ("good", "ccm-fake-good", "1.2.0"),
        ("good", "ccm-fake-twin", "1.0"),
        ("import-error", "ccm-fake-import-error", "1.0"),
        ("wrong-type", "ccm-fake-wrong-type", "1.0"),
    ]
    assert not [name for name in sys.modules if name.startswith("fake_")]
