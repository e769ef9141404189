"""A plugin that passes a keyword argument of the sdk of before."""

from __future__ import annotations

from ccm_core.sdk.hookspecs import hookimpl
from ccm_core.sdk.types import View


@hookimpl
def ccm_views():
    """Offer a view with parts."""
    return [View(name="old.view", title="Old", inputs=(), rows=list, schema=dict, parts=dict)]
