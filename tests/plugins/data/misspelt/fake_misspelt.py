"""A plugin with a misspelt hook beside a good one."""

from __future__ import annotations

from ccm_core.sdk.hookspecs import hookimpl
from ccm_core.sdk.types import RulePackSource


@hookimpl
def ccm_conectors():
    """Offer connectors through a hook that is not there."""
    return ()


@hookimpl
def ccm_rule_packs():
    """Offer a rule pack, which does not count."""
    return [RulePackSource(name="misspelt-pack", text=lambda: b"", location="here")]
