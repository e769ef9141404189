"""A plugin written for a newer host, whose hook takes an argument."""

from __future__ import annotations

from ccm_core.sdk.hookspecs import hookimpl


@hookimpl
def ccm_connectors(settings):
    """Offer connectors for settings that this host does not hand over."""
    return settings
