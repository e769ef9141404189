"""A plugin that takes the same name."""

from __future__ import annotations

from ccm_core.sdk.hookspecs import hookimpl
from ccm_core.sdk.types import RulePackSource


@hookimpl
def ccm_rule_packs():
    """Offer a rule pack."""
    return [RulePackSource(name="same-pack", text=lambda: b"", location="here")]
