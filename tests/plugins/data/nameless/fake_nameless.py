"""A plugin that offers a thing without a name."""

from __future__ import annotations

from ccm_core.sdk.hookspecs import hookimpl
from ccm_core.sdk.types import RulePackSource


@hookimpl
def ccm_rule_packs():
    """Offer a rule pack without a name."""
    return [RulePackSource(name="", text=lambda: b"", location="here")]
