"""A plugin that offers one name twice."""

from __future__ import annotations

from ccm_core.sdk.hookspecs import hookimpl
from ccm_core.sdk.types import RulePackSource


@hookimpl
def ccm_rule_packs():
    """Offer two rule packs of one name."""
    pack = RulePackSource(name="twice-pack", text=lambda: b"", location="here")
    return [pack, pack]
