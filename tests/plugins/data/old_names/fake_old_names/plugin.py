"""Its hooks: they import what the sdk of before had."""

from __future__ import annotations

from ccm_core.sdk.hookspecs import hookimpl
from fake_old_names.views import VIEWS


@hookimpl
def ccm_views():
    """Offer the views."""
    return VIEWS
