"""A plugin that is called like another one."""

from __future__ import annotations

from ccm_core.sdk.hookspecs import hookimpl
from ccm_core.sdk.types import RulePackSource


@hookimpl
def ccm_rule_packs():
    """Offer a rule pack."""
    return [RulePackSource(name="twin-pack", text=lambda: b"", location="here")]
