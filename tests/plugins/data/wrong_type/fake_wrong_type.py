"""A plugin that offers a text as a connector."""

from __future__ import annotations

from ccm_core.sdk.hookspecs import hookimpl


@hookimpl
def ccm_connectors():
    """Offer no connector."""
    return ["connector"]
