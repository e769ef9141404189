"""A plugin whose import fails."""

from __future__ import annotations

import no_such_module_of_anybody

from ccm_core.sdk.hookspecs import hookimpl


@hookimpl
def ccm_rule_packs():
    """Offer nothing; this is never reached."""
    return no_such_module_of_anybody.PACKS
