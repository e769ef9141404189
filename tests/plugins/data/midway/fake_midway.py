"""A plugin whose generator raises after its first item."""

from __future__ import annotations

from ccm_core.sdk.hookspecs import hookimpl
from ccm_core.sdk.types import RulePackSource


@hookimpl
def ccm_rule_packs():
    """Offer one rule pack and break."""
    yield RulePackSource(name="midway-pack", text=lambda: b"", location="here")
    msg = "the disk\nis full"
    raise OSError(msg)
