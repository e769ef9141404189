"""A plugin that gives nothing back, not even an empty list."""

from __future__ import annotations

from ccm_core.sdk.hookspecs import hookimpl


@hookimpl
def ccm_connectors():
    """Forget to return."""
