"""A plugin whose generator never ends."""

from __future__ import annotations

from ccm_core.sdk.hookspecs import hookimpl
from ccm_core.sdk.types import RulePackSource


@hookimpl
def ccm_rule_packs():
    """Offer rule packs for ever."""
    while True:
        yield RulePackSource(name="endless-pack", text=lambda: b"", location="here")
